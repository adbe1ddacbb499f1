import type { Operation } from '../operation.js';

/** What an operation says after defaults, field by field in the order of its body. */
export type Content = readonly (readonly [field: string, says: string])[];

const big = (value: unknown): string => (value === undefined || value === null ? 'none' : String(BigInt(value as string)));
const moment = (value: unknown): string => (value === undefined || value === null ? 'none' : String(Date.parse(value as string)));
const plain = (value: unknown): string => JSON.stringify(value ?? null);
const absentAs =
  (absent: unknown) =>
  (value: unknown): string =>
    plain(value === undefined ? absent : value);
const limitAfter = (value: unknown): string => (value === undefined ? 'as before' : big(value));

/** Metadata as one text, whatever the order of its keys. */
export const metadataText = (metadata: unknown): string =>
  JSON.stringify(Object.entries((metadata ?? {}) as object).sort(([one], [other]) => (one < other ? -1 : 1)));

const postings = (value: unknown): string =>
  JSON.stringify((value as { account: string; side: string; amount: string }[]).map((leg) => [leg.account, leg.side, big(leg.amount)]));

const words = { reference: plain, metadata: metadataText };
const legs = { debit: plain, credit: plain, amount: big };

/** The fields of each operation, and how each is read. */
const bodies: Readonly<Record<string, Readonly<Record<string, (value: unknown) => string>>>> = {
  open: { type: plain, asset: plain, minBalance: big, maxBalance: big, metadata: metadataText },
  'transfer of legs': { ...legs, cap: plain, effectiveAt: moment, ...words },
  'transfer of postings': { postings, effectiveAt: moment, ...words },
  hold: { ...legs, expiresAt: moment, ...words },
  capture: { hold: plain, amount: big, final: absentAs(true), effectiveAt: moment, ...words },
  release: { hold: plain },
  reverse: { entry: plain, amount: big, ...words },
  update: {
    account: plain,
    minBalance: limitAfter,
    maxBalance: limitAfter,
    frozen: plain,
    metadata: (value) => (value === undefined ? 'as before' : metadataText(value)),
  },
  close: { account: plain },
  reopen: { account: plain },
  'close-period': { through: plain },
  cancel: {},
};

/** Two operations that say the same are one. */
export function contentOf(operation: Operation): Content {
  const { op } = operation;
  const body = bodies[op === 'transfer' ? `transfer of ${operation.postings === undefined ? 'legs' : 'postings'}` : op];
  if (!body) throw new Error(`Nothing is known of the op ${op}.`);
  return [['op', op], ...Object.entries(body).map(([field, read]) => [field, read(operation[field])] as const)];
}

/** The first field of what was asked that says something else than what was done; null where the two are the same. */
export function differingField(asked: Content, done: Content): string | null {
  const before = new Map(done);
  return asked.find(([field, says]) => before.get(field) !== says)?.[0] ?? null;
}
