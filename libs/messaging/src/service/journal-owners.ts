import { decodeEnvelope, journalKinds } from '@mizan/contracts';

const MOST_KNOWN = 10_000;

/** A ledger, by its tenant and its own id. */
export interface LedgerName {
  readonly tenant: string;
  readonly ledger: string;
}

/** Whose each journal is, from its first event. The 10,000 journals that were asked for last are remembered. */
export class JournalOwners {
  private readonly known = new Map<string, LedgerName>();

  /** @param first reads the first event of a journal. */
  constructor(
    private readonly first: (stream: string) => Promise<string | undefined>,
    private readonly mostKnown = MOST_KNOWN,
  ) {}

  /** @throws Error for a stream that does not begin with the opening of a ledger. */
  async of(stream: string): Promise<LedgerName> {
    const owner = this.known.get(stream) ?? (await this.read(stream));
    this.known.delete(stream);
    this.known.set(stream, owner);
    if (this.known.size > this.mostKnown) this.known.delete(this.known.keys().next().value!);
    return owner;
  }

  private async read(stream: string): Promise<LedgerName> {
    const first = await this.first(stream);
    const opened = first === undefined ? null : journalKinds.read(decodeEnvelope(first));
    if (opened?.type !== 'LedgerOpened') throw new Error(`The journal ${stream} does not begin with the opening of a ledger.`);
    const { tenant, ledger } = opened.data;
    return { tenant, ledger };
  }
}
