/** How many differences of one check are kept word for word; all are counted. */
const KEPT = 20;

/** One thing that a replay looks at: how often it looked, and what was not as it should be. */
export class Check {
  count = 0;
  differences = 0;
  /** The first of them. */
  readonly found: string[] = [];

  constructor(
    /** What was counted, as in "entries decided again". */
    readonly name: string,
  ) {}

  differs(what: string): void {
    this.differences += 1;
    if (this.found.length < KEPT) this.found.push(what);
  }

  get verdict(): string {
    if (this.differences > 0) return `${this.differences} ${this.differences === 1 ? 'difference' : 'differences'}`;
    return 'equal';
  }
}
