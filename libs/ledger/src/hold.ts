export const holdStatuses = ['placed', 'captured', 'released', 'expired'] as const;
/** A hold ends as what ended it; captured in part and then released, it ends as released. */
export type HoldStatus = (typeof holdStatuses)[number];

/**
 * Money reserved to move from one account to another, as it stands after an event. Amounts are minor units;
 * captured + released + remaining = amount, and nothing remains of a hold that has ended.
 */
export interface Hold {
  readonly id: string;
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly captured: bigint;
  /** What was given back, also by expiry. */
  readonly released: bigint;
  readonly remaining: bigint;
  readonly status: HoldStatus;
  /** Ms since the epoch, or null. */
  readonly expiresAt: number | null;
  /** When it was placed, ms since the epoch. */
  readonly placedAt: number;
  /** The position of its HoldPlaced, and of the last event that changed it. */
  readonly placedPosition: number;
  readonly position: number;
}

/** Whether a hold has fallen due. @param moment the journal's time, ms since the epoch. */
export const isDue = ({ expiresAt }: Hold, moment: number): boolean => expiresAt !== null && expiresAt <= moment;
