/** An operation as a caller sends it: parsed JSON with its `op`. */
export type Operation = { readonly op: string; readonly id?: string } & Readonly<Record<string, unknown>>;

/** The members of a group; of any other operation itself. */
export const membersOf = (operation: Operation): readonly Operation[] =>
  (operation.operations as readonly Operation[] | undefined) ?? [operation];
