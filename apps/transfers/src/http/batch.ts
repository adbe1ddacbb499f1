import type { IdPrefixes, ResultBody } from '@mizan/contracts';
import { type Answer, type Command, type GroupAnswer, type Misread, type Reading, groupFailed, readOperation } from '@mizan/ledger';
import { Problem } from '@mizan/platform';
import type { Ask, Reply } from '@mizan/writer/ledger';
import { groupBody, resultBody } from './answers.js';
import { foreignId } from './owned-ids.js';

export const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/** Items of groups counted. */
const MAX_BATCH_OPERATIONS = 8_192;

type BatchAsk = Extract<Ask, { kind: 'command' | 'group' }>;

/**
 * Carries out the operations of a batch in order; a bad one, or one whose id is another's, is its own rejected result.
 * @param now the wall clock, ms since the epoch.
 * @throws Problem where the body itself is not a batch.
 */
export async function carryOutBatch(
  body: unknown,
  now: number,
  prefixes: IdPrefixes | null,
  ask: (asks: readonly BatchAsk[]) => Promise<Reply<BatchAsk>[]>,
): Promise<readonly ResultBody[]> {
  const readings = operationsOf(body).map((operation) => permitted(readOperation(operation, now), prefixes));
  const asks = readings.flatMap((reading): BatchAsk[] => {
    if (!('command' in reading)) return [];
    const { command } = reading;
    return [command.op === 'group' ? { kind: 'group', group: command } : { kind: 'command', command }];
  });
  const replies = (await ask(asks)).values();
  return readings.map((reading) => {
    if ('refused' in reading) return reading.refused;
    if ('rejection' in reading) return misreadBody(reading);
    const reply = replies.next().value!;
    return reading.command.op === 'group'
      ? groupBody(
          reading.command.operations.map(({ id }) => id),
          reply as GroupAnswer,
        )
      : resultBody((reading.command as Command).id, reply as Answer);
  });
}

/** The reading itself; or the result of an operation that spends, or holds a member that spends, an id of another's. */
function permitted(reading: Reading, prefixes: IdPrefixes | null): Reading | { readonly refused: ResultBody } {
  if (prefixes === null || 'rejection' in reading) return reading;
  const { command } = reading;
  const members = command.op === 'group' ? command.operations : [command];
  const culprit = members.findIndex((member) => foreignId(member, prefixes) !== null);
  if (culprit < 0) return reading;
  const detail = foreignId(members[culprit]!, prefixes)!;
  const rejected = { status: 'rejected', code: 'forbidden', detail, field: 'id' } as const;
  if (command.op !== 'group') return { refused: { id: members[culprit]!.id, ...rejected } };
  const failed = { status: 'rejected', ...groupFailed(culprit, rejected) } as const;
  return { refused: { ...failed, results: members.map(({ id }, place) => ({ id, ...(place === culprit ? rejected : failed) })) } };
}

function operationsOf(body: unknown): readonly unknown[] {
  const { operations, ...others } = (body ?? {}) as { operations?: unknown };
  if (!Array.isArray(operations) || operations.length === 0 || Object.keys(others).length > 0)
    throw new Problem('invalid_operation', 'A batch is {"operations": [...]} with one operation or more, and nothing else.', {
      field: 'operations',
    });
  const count = operations.reduce((sum: number, operation) => sum + operationsIn(operation), 0);
  if (count > MAX_BATCH_OPERATIONS)
    throw new Problem(
      'invalid_operation',
      `A batch has at most ${MAX_BATCH_OPERATIONS} operations, those of groups counted; this one has ${count}. Split it.`,
      {
        field: 'operations',
      },
    );
  return operations;
}

/** A group counts for its members, and like anything else in the list for one at the least. */
function operationsIn(operation: { readonly op?: unknown; readonly operations?: unknown } | null): number {
  return operation?.op === 'group' && Array.isArray(operation.operations) ? Math.max(1, operation.operations.length) : 1;
}

/** The result of an operation that was refused for its shape. */
function misreadBody({ rejection, id, members }: Misread): ResultBody {
  const { code, detail, field } = rejection;
  return {
    ...(id === null ? {} : { id }),
    status: 'rejected',
    code,
    detail,
    ...(field === undefined ? {} : { field }),
    ...(members ? { results: members.map(misreadBody) } : {}),
  };
}
