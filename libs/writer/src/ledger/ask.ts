import type { Answer, Command, CommandEvent, EntryEvent, Group, GroupAnswer, Hold, HoldPlaced } from '@mizan/ledger';

/** One thing asked of a ledger. What is looked up is answered once it is durable. */
export type Ask =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'group'; readonly group: Group }
  /** The event that spent a command id. */
  | { readonly kind: 'lookup'; readonly id: string }
  | { readonly kind: 'hold'; readonly id: string }
  | { readonly kind: 'entry'; readonly id: string }
  | { readonly kind: 'open-ledger'; readonly tenant: string; readonly ledger: string; readonly name: string };

interface Replies {
  readonly command: Answer;
  readonly group: GroupAnswer;
  readonly lookup: CommandEvent | null;
  /** A hold as it is, and the event that placed it, which has its words. */
  readonly hold: { readonly hold: Hold; readonly placed: HoldPlaced } | null;
  readonly entry: { readonly entry: EntryEvent; readonly reversedBy: readonly string[] } | null;
  readonly 'open-ledger': { readonly created: boolean };
}

export type Reply<A extends Ask = Ask> = A extends Ask ? Replies[A['kind']] : never;

/** How many commands an ask counts for: those of a group one by one. */
export const commandsIn = (ask: Ask): number => (ask.kind === 'group' ? ask.group.operations.length : 1);

/** Whether deciding it may make events: a look-up never does. */
export const mayWrite = ({ kind }: Ask): boolean => kind === 'command' || kind === 'group' || kind === 'open-ledger';
