/** A binary heap: what comes before all others is first, and can be taken out in the time of a logarithm. */
export class Heap<T> {
  private items: T[] = [];

  /** @param before a strict order. */
  constructor(private readonly before: (one: T, other: T) => boolean) {}

  get first(): T | undefined {
    return this.items[0];
  }

  get size(): number {
    return this.items.length;
  }

  add(item: T): void {
    const { items } = this;
    let at = items.push(item) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && this.before(item, items[parent]!); parent = (at - 1) >> 1) {
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  removeFirst(): void {
    const { items } = this;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < items.length && this.before(items[child + 1]!, items[child]!)) child += 1;
      if (child >= items.length || !this.before(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
  }

  /** Drops what does not pass. */
  keep(passes: (item: T) => boolean): void {
    // A sorted list is a heap.
    this.items = this.items.filter(passes).sort((one, other) => (this.before(one, other) ? -1 : 1));
  }
}
