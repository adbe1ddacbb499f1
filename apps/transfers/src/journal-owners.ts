import { decodeEnvelope, journalKinds } from '@mizan/contracts';
import type { EventStore } from '@mizan/event-store';
import type { StreamOwner } from '@mizan/messaging';

const MOST_KNOWN = 10_000;

/** Whose each journal is, from its first.text. The 10,000 journals that were asked for last are remembered. */
export class JournalOwners {
  private readonly known = new Map<string, StreamOwner>();

  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    private readonly mostKnown = MOST_KNOWN,
  ) {}

  /** @throws Error for a stream that does not begin with the opening of a ledger. */
  async of(stream: string): Promise<StreamOwner> {
    const owner = this.known.get(stream) ?? (await this.read(stream));
    this.known.delete(stream);
    this.known.set(stream, owner);
    if (this.known.size > this.mostKnown) this.known.delete(this.known.keys().next().value!);
    return owner;
  }

  private async read(stream: string): Promise<StreamOwner> {
    const [first] = await this.store.read(stream, 0, 1);
    const opened = first === undefined ? null : journalKinds.read(decodeEnvelope(first.text));
    if (opened?.type !== 'LedgerOpened') throw new Error(`The journal ${stream} does not begin with the opening of a ledger.`);
    const { tenant, ledger } = opened.data as { readonly tenant: string; readonly ledger: string };
    return { tenant, ledger };
  }
}
