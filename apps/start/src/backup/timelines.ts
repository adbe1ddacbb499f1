/** A restore begins a new timeline where it ends; what the old one wrote after that place is no longer part of the books. */
export interface Branch {
  readonly timeline: number;
  /** Where in the WAL it was left, as a number of bytes. */
  readonly leftAt: bigint;
}

/** The branches that lead to a timeline, from its history file, oldest first. */
export function branchesOf(history: string): readonly Branch[] {
  return history.split('\n').flatMap((line) => {
    const found = /^(\d+)\t([0-9A-F]+\/[0-9A-F]+)\t/.exec(line);
    return found ? [{ timeline: Number(found[1]), leftAt: walPlace(found[2]!) }] : [];
  });
}

/**
 * Whether a history passes through a place of a timeline. Each place belongs to the newest timeline that was begun before it:
 * a later restore may have gone back behind an earlier one.
 */
export function isOnLine(place: { readonly timeline: number; readonly at: bigint }, now: number, branches: readonly Branch[]): boolean {
  let owner = now;
  for (const { timeline, leftAt } of branches.toReversed()) {
    if (place.at > leftAt) break;
    owner = timeline;
  }
  return owner === place.timeline;
}

/** `16/B374D848` as a number of bytes from the beginning of the WAL. */
export function walPlace(lsn: string): bigint {
  const [high = '', low = ''] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

export const timelineOf = (wal: string): number => Number.parseInt(wal.slice(0, 8), 16);
