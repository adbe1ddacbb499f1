import { type AccountBody, type CommandBody, type EntryBody, type ResultBody, accountBody, entryBody } from '@mizan/contracts';
import type { Answer, CommandEvent, GroupAnswer } from '@mizan/ledger';

/** What a command's own route answers when it was applied: the entry or the account, as it was then. */
export function appliedBody(ledger: string, event: CommandEvent): EntryBody | AccountBody {
  switch (event.type) {
    case 'EntryPosted':
      return entryBody(ledger, event);
    case 'TransferRejected':
      throw new Error(`The rejection at ${event.position} was answered as applied.`);
    default:
      return accountBody(event.account, event.position);
  }
}

/** The result of one operation of a batch. */
export function resultBody(id: string, answer: Answer): ResultBody {
  const replayed = answer.replayed ? { replayed: true as const } : {};
  if (answer.status === 'applied') return { id, status: 'applied', ...replayed, position: answer.event.position };
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
