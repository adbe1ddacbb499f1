import type { CommandBody, ResultBody } from '@mizan/contracts';
import type { Answer, CommandEvent, GroupAnswer } from '@mizan/ledger';

/** The result of one operation of a batch. */
export function resultBody(id: string, answer: Answer): ResultBody {
  const replayed = answer.replayed ? { replayed: true as const } : {};
  if (answer.status === 'applied')
    return { id, status: 'applied', ...replayed, position: answer.event.position, ...movedAmount(answer.event) };
  const { code, detail, account, field } = answer.rejection;
  return {
    id,
    status: 'rejected',
    ...replayed,
    code,
    detail,
    ...(account === undefined ? {} : { account }),
    ...(field === undefined ? {} : { field }),
    ...(answer.event ? { position: answer.event.position } : {}),
  };
}

/** What moved, where the command did not say it: under a cap, or all that remained of a hold. */
function movedAmount({ command, ...event }: CommandEvent): Pick<ResultBody, 'amount'> {
  const open = (command.op === 'transfer' && 'cap' in command) || (command.op === 'capture' && command.amount === null);
  return open && 'postings' in event ? { amount: String(event.postings[0]!.amount) } : {};
}

export function groupBody(ids: readonly string[], answer: GroupAnswer): ResultBody {
  const results = answer.answers.map((member, i) => resultBody(ids[i]!, member));
  if (answer.rejection === null) return { status: 'applied', results };
  return { status: 'rejected', code: answer.rejection.code, detail: answer.rejection.detail, results };
}

/** What became of a command id, recorded rejections included. */
export function commandBody(event: CommandEvent): CommandBody {
  const { id, op } = event.command;
  if (event.type !== 'TransferRejected') return { id, op, status: 'applied', position: event.position };
  return { id, op, status: 'rejected', code: event.rejection.code, detail: event.rejection.detail, position: event.position };
}
