import { setTimeout as sleep } from 'node:timers/promises';
import { MizanClient } from '@mizan/client';
import { type Platform, type Promtool, promtool, runPlatform } from '@mizan/testing';
import { type CollectedSpan, TraceCollector } from './trace-collector.js';

const found = await promtool();
const withPromtool = found instanceof Error ? it.skip : it;
const DEADLINE_MS = 60_000;
/** Services hand their spans over every 5 s. */
const EXPORTED_WITHIN_MS = 15_000;
const PROCESSING: Readonly<Record<string, string>> = { kafka: 'process mizan.journal', feed: 'process the feed' };
const ROUTE = 'POST /v1/ledgers/:ledger/transfers';

describe.each(['kafka', 'feed'])('BUS=%s', (bus) => {
  let collector: TraceCollector;
  let platform: Platform;
  let client: MizanClient;
  let posted = 0;

  beforeAll(async () => {
    collector = await new TraceCollector().start();
    platform = await runPlatform({
      empty: true,
      environment: { BUS: bus, TELEMETRY: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    });
    client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
    await client.putLedger('main');
    await client.openAccount('main', { id: 'bank:cash', type: 'asset', asset: 'CZK' });
    await client.openAccount('main', { id: 'clients:17', type: 'liability', asset: 'CZK' });
  }, 120_000);
  afterAll(async () => {
    await client?.close();
    await platform?.stop();
    collector?.stop();
  }, 60_000);

  /** Posts one transfer alone, so that its commit, message and transaction are its own. */
  async function post(traceparent?: string): Promise<void> {
    const { position } = await client.ledger('main');
    await client.balance('main', 'bank:cash', { minPosition: position });
    posted += 1;
    const answer = await fetch(`${platform.url}/v1/ledgers/main/transfers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json', ...(traceparent ? { traceparent } : {}) },
      body: JSON.stringify({ id: `t${posted}`, debit: 'bank:cash', credit: 'clients:17', amount: '5' }),
    });
    expect(answer.status).toBe(201);
  }

  /**
   * Posts until an entry came into the books in a trace of its own, and gives the way from the caller to the statement that wrote it.
   * A reader that is late takes several entries in one transaction, which is in the trace of the first of them, or fills from the feed.
   */
  async function wayIntoTheBooks(isIn: (traceId: string) => boolean, traceparent?: string): Promise<CollectedSpan[]> {
    for (const until = Date.now() + DEADLINE_MS; Date.now() < until;) {
      await post(traceparent);
      for (const soon = Date.now() + EXPORTED_WITHIN_MS; Date.now() < soon; await sleep(50)) {
        const ways = collector.spans
          .filter(({ service, sql, traceId }) => service === 'accounts' && sql.includes('INSERT INTO accounts.postings') && isIn(traceId))
          .map((written) => [...collector.wayTo(written), written]);
        const whole = ways.find((way) => way[0]?.service === 'gateway' && way[0].name === ROUTE && way.at(-2)?.name === PROCESSING[bus]);
        if (whole) return whole;
      }
    }
    throw new Error(`No such trace. Traced were: ${collector.spans.map(({ service, name }) => `${service} ${name}`).join(', ')}`);
  }

  it('one trace runs from the HTTP request at the gateway to the SQL of the read model', async () => {
    const way = await wayIntoTheBooks(() => true);
    const [gateway, transfers] = way;
    expect(gateway!.parentSpanId ?? '').toBe('');
    expect(way.map(({ service, name }) => [service, name])).toEqual([
      ['gateway', ROUTE],
      ['transfers', ROUTE],
      ...(bus === 'kafka' ? [['transfers', 'send mizan.journal']] : []),
      ['accounts', PROCESSING[bus]],
      ['accounts', expect.stringContaining('INSERT')],
    ]);
    const commit = collector.spans.find(({ traceId, sql }) => traceId === gateway!.traceId && sql.includes('journal.append'));
    expect(collector.wayTo(commit!).map(({ name, service }) => [service, name])).toEqual([
      ['gateway', ROUTE],
      ['transfers', ROUTE],
      ['transfers', 'append'],
    ]);
    const inAppend = collector.wayTo(commit!).at(-1)!;
    expect(inAppend.parentSpanId).toBe(transfers!.spanId);
  }, 90_000);

  it('a caller’s own trace is gone on with', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const way = await wayIntoTheBooks((id) => id === traceId, `00-${traceId}-b7ad6b7169203331-01`);
    expect(way[0]).toMatchObject({ service: 'gateway', traceId, parentSpanId: 'b7ad6b7169203331' });
  }, 90_000);

  withPromtool(
    `promtool has nothing against the metrics of any service${found instanceof Error ? `: ${found.message}` : ''}`,
    async () => {
      for (const [service, url] of Object.entries(platform.services)) {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        expect([service, await (found as Promtool)(metrics)]).toEqual([service, { code: 0, out: '', err: '' }]);
      }
    },
    60_000,
  );

  it('every service shows its part, and nothing of whose it is', async () => {
    const names = new Set<string>();
    for (const url of Object.values(platform.services)) {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).not.toMatch(/clients|bank|"main"|development/);
      for (const [, name] of metrics.matchAll(/^# TYPE (mizan_\w+)/gm)) names.add(name!);
    }
    expect([...names].sort()).toEqual(
      [
        'mizan_book_imbalance',
        'mizan_build_info',
        'mizan_command_duration_seconds',
        'mizan_commands_rejected_total',
        'mizan_commit_group_size',
        'mizan_consumer_halted',
        'mizan_entries_posted_total',
        'mizan_holds_open',
        'mizan_journal_position',
        'mizan_projection_lag_seconds',
        'mizan_projection_position',
        ...(bus === 'kafka' ? ['mizan_relay_lag_seconds'] : []),
        'mizan_writer_queue_depth',
      ].sort(),
    );
  });
});
