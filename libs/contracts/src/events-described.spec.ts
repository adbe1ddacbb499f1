import { existsSync, readFileSync } from 'node:fs';
import { Type } from 'typebox';
import { EventKinds } from './event-kind.js';
import { type Described, described, eventFaults, eventFiles, everyKind, goldenExample } from './events-described.js';
import { everyService } from './services.js';

const docs = new URL('../../../docs/', import.meta.url);
const kept = (path: string): string | null => (existsSync(new URL(path, docs)) ? readFileSync(new URL(path, docs), 'utf8') : null);

it('the page about events and their schemas are what the kinds say', () => {
  expect(eventFaults(everyKind, eventFiles(everyKind, goldenExample), kept)).toEqual([]);
});

it('every service that owns streams other than its processes declares the kinds of their events', () => {
  const owners = everyService
    .filter(({ streams, processes }) => (streams as readonly string[]).some((kind) => !(processes as readonly string[]).includes(kind)))
    .map(({ name }) => name as string);
  expect(everyKind.map(({ owner }) => owner)).toEqual(expect.arrayContaining(owners));
});

describe('a kind', () => {
  const payouts = (version: number, more = {}) => {
    const upcasters = version === 1 ? {} : { 1: (data: unknown) => data };
    const kinds = new EventKinds<{ Sent: unknown }>('payouts', { Sent: { version, says: 'It was sent.', upcasters } });
    return [described(kinds, { Sent: Type.Object({ amount: Type.String(), ...more }) })];
  };
  const files = (owners: readonly Described[]) => eventFiles(owners, () => null);
  const before = files(payouts(1));
  const faults = (owners: readonly Described[], known: Readonly<Record<string, string>>) =>
    eventFaults(owners, files(owners), (path) => known[path] ?? null);

  it('whose schema changed without a version is named', () => {
    const changed = payouts(1, { rail: Type.String() });
    expect(faults(changed, before)).toEqual([
      'Sent of payouts changed without a new version: docs/events/payouts/Sent.v1.json is version 1 as others know it',
      'docs/events.md is not what the kinds say: node scripts/events.mjs',
    ]);
  });

  it('may change with a new version, whose file is asked for', () => {
    const changed = payouts(2, { rail: Type.String() });
    expect(faults(changed, before)).toContain('docs/events/payouts/Sent.v2.json is missing: node scripts/events.mjs');
    expect(faults(changed, { ...before, ...files(changed) })).toEqual([]);
  });
});
