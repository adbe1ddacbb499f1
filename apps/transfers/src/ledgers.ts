import { randomUUID } from 'node:crypto';
import { type LedgerBody, statusOf } from '@mizan/contracts';
import { Problem } from '@mizan/platform';
import { WriterFault, WrittenElsewhere } from '@mizan/writer';
import type { Ask, CommandIds, JournalReader, OpenLedgers, Reply } from '@mizan/writer/ledger';
import type { Asking } from './http/asking.js';
import type { CatalogEntry, LedgerCatalog } from './tables/ledger-catalog.js';

const RETRY_AFTER_S = '1';

export const isLedgerId = (id: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(id);

/** The ledgers of tenants, by the names their tenants gave them. */
export class Ledgers {
  constructor(
    private readonly catalog: LedgerCatalog,
    private readonly open: OpenLedgers,
    private readonly reader: JournalReader,
    private readonly ids: CommandIds,
  ) {}

  /** Asks a tenant's ledger. @throws Problem `ledger_not_found`, or what a fault of the writer amounts to; WrittenElsewhere. */
  async ask<A extends Ask>({ tenant, origin }: Asking, ledger: string, asks: readonly A[]): Promise<Reply<A>[]> {
    const entry = await this.entry(tenant, ledger);
    return this.submit(entry, asks, origin);
  }

  /** Creates a ledger, or finds it. @throws Problem `id_conflict` when it exists under another name. */
  async create(
    { tenant, origin }: Asking,
    id: string,
    name: string | null,
  ): Promise<{ readonly created: boolean; readonly body: LedgerBody }> {
    const entry = await this.catalog.enter({ uid: randomUUID(), tenant, id, name: name ?? id });
    if (name !== null && entry.name !== name)
      throw new Problem(
        'id_conflict',
        `The ledger ${id} exists under the name "${entry.name}". Choose another id, or leave the name out.`,
        { field: 'name' },
      );
    const [reply] = await this.submit(entry, [{ kind: 'open-ledger', tenant, ledger: id, name: entry.name }], origin);
    return { created: reply!.created, body: await this.body(entry) };
  }

  /** @throws Problem `ledger_not_found`, also for one that was entered and never opened. */
  async show(tenant: string, id: string): Promise<LedgerBody> {
    const body = await this.body(await this.entry(tenant, id));
    if (body.position === 0) throw notFound(id);
    return body;
  }

  async list(tenant: string, after: string, limit: number): Promise<readonly LedgerBody[]> {
    return Promise.all((await this.catalog.list(tenant, after, limit)).map((entry) => this.body(entry)));
  }

  /** @throws Problem `ledger_not_found`, also for another tenant's. */
  async entry(tenant: string, id: string): Promise<CatalogEntry> {
    const entry = isLedgerId(id) ? await this.catalog.find(tenant, id) : null;
    if (entry) return entry;
    throw notFound(id);
  }

  /** What is durable of it, whoever writes it. A writer that was overtaken does not know it, so the journal says where it ends. */
  private async body({ uid, id, name }: CatalogEntry): Promise<LedgerBody> {
    const followed = await this.ids.followed(uid);
    const position = await this.reader.end(uid);
    const writer = this.open.find(uid);
    if (writer?.position === position) return { id, uid, name, closedThrough: writer.closedThrough, position };
    const closedThrough = (await this.reader.lastClosedDay(uid, followed.through, position)) ?? followed.closedThrough;
    return { id, uid, name, closedThrough, position };
  }

  private async submit<A extends Ask>(entry: CatalogEntry, asks: readonly A[], origin: Asking['origin']): Promise<Reply<A>[]> {
    try {
      return await this.open.ask(entry, asks, origin);
    } catch (fault) {
      throw fault instanceof WrittenElsewhere ? fault : problemOf(fault);
    }
  }
}

/** What a fault of the writer is to a caller; any other error is itself. */
export function problemOf(fault: unknown): unknown {
  if (!(fault instanceof WriterFault)) return fault;
  const code = fault.kind === 'not_found' ? 'ledger_not_found' : fault.kind;
  const again = statusOf(code) === 503 ? { headers: { 'retry-after': RETRY_AFTER_S } } : {};
  return new Problem(code, fault.message, { ...again, cause: fault });
}

const notFound = (id: string): Problem =>
  new Problem('ledger_not_found', `There is no ledger ${id}. Create it with PUT /v1/ledgers/{ledger}.`);
