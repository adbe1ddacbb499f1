/** The durable index of spent command ids: ids live for ever, memory does not. */
export interface CommandIds {
  /** The positions of those of `ids` that the index knows. */
  positions(ledger: string, ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** How far the index has followed this journal. */
  through(ledger: string): Promise<number>;
  /** Adds ids and moves `through`, in one transaction. Adding again changes nothing. */
  add(ledger: string, spent: readonly SpentId[], through: number): Promise<void>;
}

export interface SpentId {
  readonly id: string;
  readonly position: number;
}
