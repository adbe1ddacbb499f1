import { Controller, Get, Module, Param } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Metrics, Open, createApplication, sampled, version } from './index.js';

@Open()
@Controller('v1/ledgers')
class LedgersController {
  @Get(':ledger')
  get(@Param('ledger') ledger: string) {
    return { ledger };
  }
}

@Module({ controllers: [LedgersController] })
class LedgersModule {}

let app: NestFastifyApplication;
beforeAll(async () => {
  const tokens = { remembered: () => null, verify: () => Promise.reject(new Error('no tokens here')) };
  app = await createApplication({ name: 'test', module: LedgersModule, tokens });
  await app.init();
});
afterAll(() => app.close());

const scrape = async (): Promise<string[]> => (await app.inject('/metrics')).body.split('\n');

it('is open to anyone, as the text that Prometheus reads', async () => {
  const answer = await app.inject('/metrics');
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toMatch('text/plain; version=0.0.4');
  expect(answer.body).toContain(`mizan_build_info{version="${version}",service="test"} 1`);
});

it('requests are counted by route, method and status; of the path itself nothing is shown', async () => {
  await app.inject('/v1/ledgers/clients-17');
  await app.inject('/v1/ledgers/clients-18');
  await app.inject({ method: 'DELETE', url: '/nothing/of-clients-19' });
  const lines = await scrape();
  const count = (method: string, route: string, status: number): string =>
    `http_server_request_duration_seconds_count{service="test",http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"}`;
  expect(lines).toContain(`${count('GET', '/v1/ledgers/:ledger', 200)} 2`);
  expect(lines).toContain(`${count('DELETE', 'none', 404)} 1`);
  expect(lines.join()).not.toContain('clients');
});

it('what is read when it is asked for is left out where it cannot be read, and the rest is there', async () => {
  const metrics = app.get(Metrics);
  let open: number | null = 3;
  metrics.gauge('test_open_things', 'Things that are open.', () => open);
  metrics.gauge('test_lost_things', 'Things that cannot be counted.', () => Promise.reject(new Error('lost')));
  metrics.gauges('test_things', 'Things of a kind.', 'kind', () => new Map([[open === null ? 'late' : 'early', 1]]));
  metrics.counter('test_things_total', 'Things that came.').inc(2);
  const values = async () => (await scrape()).filter((line) => line.startsWith('test_'));
  expect(await values()).toEqual([
    'test_open_things{service="test"} 3',
    'test_things{kind="early",service="test"} 1',
    'test_things_total{service="test"} 2',
  ]);
  open = null;
  expect(await values()).toEqual(['test_things{kind="late",service="test"} 1', 'test_things_total{service="test"} 2']);
});

it('what is sampled is read once for all who ask within its time, and anew after it, also after a failure', async () => {
  let reads = 0;
  const often = sampled(60_000, async () => ++reads);
  expect([await often(), await often(), ...(await Promise.all([often(), often()]))]).toEqual([1, 1, 1, 1]);
  let fails = true;
  const anew = sampled(0, async () => {
    if (fails) throw new Error('away');
    return 'there';
  });
  await expect(anew()).rejects.toThrow('away');
  fails = false;
  expect(await anew()).toBe('there');
});
