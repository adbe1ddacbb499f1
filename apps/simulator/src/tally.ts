/** What a run has seen, counted by name. */
export class Tally {
  private readonly counts = new Map<string, Map<string, number>>();

  count(kind: string, name: string, times = 1): void {
    let names = this.counts.get(kind);
    if (!names) this.counts.set(kind, (names = new Map()));
    names.set(name, (names.get(name) ?? 0) + times);
  }

  of(kind: string, name: string): number {
    return this.counts.get(kind)?.get(name) ?? 0;
  }

  total(kind: string): number {
    return [...(this.counts.get(kind)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  }

  add(other: Tally): void {
    for (const [kind, names] of other.counts) for (const [name, count] of names) this.count(kind, name, count);
  }

  /** `placed 12, released 3`, the most frequent first. */
  line(kind: string): string {
    const names = [...(this.counts.get(kind) ?? [])].sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0]));
    return names.map(([name, count]) => `${name} ${count}`).join(', ');
  }
}
