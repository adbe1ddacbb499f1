import { type Platform, runPlatform } from '@mizan/testing';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

let platform: Platform;
let whole: Document;

const documentAt = async (url: string | undefined): Promise<Document> => (await (await fetch(`${url}/v1/openapi.json`)).json()) as Document;
const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })));

beforeAll(async () => {
  platform = await runPlatform({ empty: true });
  whole = await documentAt(platform.url);
}, 120_000);
afterAll(() => platform?.stop(), 60_000);

it('the gateway shows what the services describe, but the feed between them', async () => {
  const parts = await Promise.all(['transfers', 'accounts'].map((name) => documentAt(platform.services[name])));
  const described = parts.flatMap(operationsOf).filter(({ path }) => !path.startsWith('/v1/feed/'));
  const own = new Set(['getStatus', 'createToken']);
  const names = (of: readonly { readonly operation: Operation }[]) => of.map(({ operation }) => operation.operationId).sort();
  expect(names(operationsOf(whole).filter(({ operation }) => !own.has(operation.operationId)))).toEqual(names(described));
});

it('every path takes the methods that are described, and no others', async () => {
  for (const [path, item] of Object.entries(whole.paths)) {
    const response = await fetch(`${platform.url}${path.replaceAll(/[{}]/g, '')}`, { method: 'OPTIONS' });
    const methods = Object.keys(item).flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, methods.sort().join(', ')]);
  }
});

it('every schema that is named is there, and every part of a path is declared', () => {
  const named = [...JSON.stringify(whole).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !(name! in whole.components.schemas))).toEqual([]);
  for (const { path, operation } of operationsOf(whole)) {
    const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name);
    const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect([operation.operationId, declared.sort()]).toEqual([operation.operationId, parts.sort()]);
  }
});
