/** Why something was refused, and the account or the field that is named. */
export interface Refusal {
  readonly code: string;
  readonly account?: string;
  /** A path from the operation: `amount`, `operations/1/hold`. */
  readonly field?: string;
}

/** `account_frozen of clients:1`, `id_conflict at amount`: one text for equal refusals. */
export function reasonOf({ code, account, field }: Refusal): string {
  return `${code}${account === undefined ? '' : ` of ${account}`}${field === undefined ? '' : ` at ${field}`}`;
}

/** What the innocent members of a group are told, and the group itself, when one member is refused. */
export const groupFailed = (culprit: number, { field }: Refusal): Refusal => ({
  code: 'group_failed',
  field: `operations/${culprit}${field === undefined ? '' : `/${field}`}`,
});
