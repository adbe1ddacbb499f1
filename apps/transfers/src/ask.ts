import type { Answer, Command, CommandEvent, Group, GroupAnswer } from '@mizan/ledger';

/** One thing asked of a ledger. */
export type Ask =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'group'; readonly group: Group }
  /** The event that spent a command id, once it is durable. */
  | { readonly kind: 'lookup'; readonly id: string }
  | { readonly kind: 'open-ledger'; readonly tenant: string; readonly ledger: string; readonly name: string };

export type Reply<A extends Ask = Ask> = A extends { kind: 'command' }
  ? Answer
  : A extends { kind: 'group' }
    ? GroupAnswer
    : A extends { kind: 'lookup' }
      ? CommandEvent | null
      : { readonly created: boolean };

/** Who asks, as it will stand in the events. */
export interface Origin {
  readonly actor: string;
  readonly correlation: string | null;
  readonly traceparent: string | null;
}

/** How many commands an ask counts for: those of a group one by one. */
export const commandsIn = (ask: Ask): number => (ask.kind === 'group' ? ask.group.operations.length : 1);
