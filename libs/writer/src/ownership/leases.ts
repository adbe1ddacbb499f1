/** Who writes which stream. */
export interface Leases {
  /** Takes a stream that is free, has run out, or was this owner's before. */
  take(uid: string): Promise<Lease | Held>;
  /** Renews all of these that are still this owner's; resolves with the uids of those that are, and the database's clock. */
  renew(leases: readonly Lease[]): Promise<{ readonly held: ReadonlySet<string>; readonly databaseNow: number }>;
  /** Gives them back at once. */
  release(leases: readonly Returned[]): Promise<void>;
}

export interface Returned extends Lease {
  /** Everything of the stream is known, and what follows it is there too. Otherwise it is loaded once more: something of it may be due that nobody knows of. */
  readonly settled: boolean;
}

/** Another owner has it. */
export interface Held {
  /** The url under which that owner answers. */
  readonly owner: string;
  /** How long yet, unless it is renewed, ms. */
  readonly forMs: number;
}

export interface Lease {
  readonly uid: string;
  /** Grows with every change of owner; it is part of the ids of the events written under it. */
  readonly epoch: number;
}

/** How long a lease lasts without renewal, ms; it is renewed three times as often. */
export const LEASE_MS = 3_000;
