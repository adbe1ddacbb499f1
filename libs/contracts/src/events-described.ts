import { readFileSync, readdirSync } from 'node:fs';
import type { TSchema } from 'typebox';
import { decodeEnvelope } from './envelope.js';
import type { EventKind, EventKinds, Schemas } from './event-kind.js';
import { journalKinds } from './journal-kinds.js';
import { journalSchemas } from './journal-schemas.js';
import { processKinds } from './process-kinds.js';
import { processSchemas } from './process-schemas.js';

/** The kinds of one service, with the schemas of their data. */
export interface Described {
  readonly owner: string;
  readonly kinds: readonly DescribedKind[];
}
interface DescribedKind extends EventKind {
  readonly name: string;
  readonly schema: TSchema;
}

export function described<Data extends Readonly<Record<string, unknown>>>({ owner, all }: EventKinds<Data>, schemas: Schemas): Described {
  const kinds = Object.entries<EventKind>(all).map(([name, kind]) => ({ name, ...kind, schema: schemas[name]! }));
  return { owner, kinds };
}

/** The kinds of every owner of streams; those of processes are the same for every service that runs any. */
export const everyKind: readonly Described[] = [
  described(journalKinds, journalSchemas),
  described(processKinds('processes of any service'), processSchemas),
];

/** Files about the kinds, by their path in `docs/`. */
export type Files = Readonly<Record<string, string>>;

/** The first event of a kind in the golden files; null where none has one. */
export function goldenExample(kind: string): string | null {
  const folder = new URL('../golden/', import.meta.url);
  // `journal-v1.jsonl`, a small history, before `journal-v1-forms.jsonl`, the rare forms.
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .toSorted()
    .toReversed();
  const lines = files.flatMap((file) => readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n'));
  const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
  return events.find((event) => decodeEnvelope(event).type === kind) ?? null;
}

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
}

/**
 * The page about all events, and the JSON Schema of each kind's data.
 * @param example a stored event of a kind, or null.
 */
export function eventFiles(owners: readonly Described[], example: (kind: string) => string | null): Files {
  const schemas = owners.flatMap(({ owner, kinds }) => kinds.map((kind) => [schemaPath(owner, kind), schemaFile(owner, kind)] as const));
  return { 'events.md': page(owners, example), ...Object.fromEntries(schemas) };
}

/**
 * What is wrong with the files that are kept, one line each.
 * @param kept the text of a file, or null where there is none.
 */
export function eventFaults(owners: readonly Described[], wanted: Files, kept: (path: string) => string | null): readonly string[] {
  const changed = owners.flatMap(({ owner, kinds }) =>
    kinds.flatMap((kind) => {
      const path = schemaPath(owner, kind);
      const before = kept(path);
      return before === null || before === wanted[path]
        ? []
        : [`${kind.name} of ${owner} changed without a new version: docs/${path} is version ${kind.version} as others know it`];
    }),
  );
  const missing = Object.keys(wanted).filter((path) => kept(path) === null);
  const stale =
    kept('events.md') !== wanted['events.md'] && !missing.includes('events.md')
      ? ['docs/events.md is not what the kinds say: node scripts/events.mjs']
      : [];
  return [...changed, ...missing.map((path) => `docs/${path} is missing: node scripts/events.mjs`), ...stale];
}

const schemaPath = (owner: string, { name, version }: DescribedKind): string =>
  `events/${owner.replaceAll(' ', '-')}/${name}.v${version}.json`;

function schemaFile(owner: string, { name, version, says, schema }: DescribedKind): string {
  const head = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `mizan:${owner.replaceAll(' ', '-')}:${name}:${version}`,
    title: name,
    description: says,
  };
  return `${JSON.stringify({ ...head, ...(schema as object) }, null, 2)}\n`;
}

function page(owners: readonly Described[], example: (kind: string) => string | null): string {
  return `<!-- Written by scripts/events.mjs from libs/contracts. -->
# Events
What each service writes into its streams. An event is one canonical JSON text (RFC 8785); the tables show its \`data\`, the
[envelope](../libs/contracts/src/envelope.ts) is the same for all. A reader that meets a kind or a version that it does not know halts: a newer program wrote it.
${owners.map((owner) => section(owner, example)).join('\n')}`;
}

const section = ({ owner, kinds }: Described, example: (kind: string) => string | null): string =>
  `\n## ${owner}\n${kinds.map((kind) => kindText(owner, kind, example(kind.name))).join('\n')}`;

function kindText(owner: string, kind: DescribedKind, example: string | null): string {
  const rows = fieldsOf(kind.schema).map(({ name, type, says }) => `| \`${name}\` | ${type} | ${says} |`);
  const shown = example === null ? '' : `\n\`\`\`json\n${JSON.stringify(JSON.parse(example), null, 2)}\n\`\`\`\n`;
  return `
### ${kind.name}, version ${kind.version}
${kind.says} [JSON Schema](${schemaPath(owner, kind)})

| field | is | says |
| --- | --- | --- |
${rows.join('\n')}
${shown}`;
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly says: string;
}

function fieldsOf(schema: TSchema): readonly Field[] {
  const { properties = {}, required = [] } = schema as JsonSchema;
  return Object.entries(properties).map(([name, field]) => ({
    name,
    type: `${typeOf(field)}${required.includes(name) ? '' : ', may be absent'}`,
    says: field.description ?? '',
  }));
}

/** In words, for people; the JSON Schema has the rest. */
function typeOf({ type, const: only, enum: values, anyOf, items, properties }: JsonSchema): string {
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (values) return values.map((value) => `\`${String(value)}\``).join(' or ');
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (items) return `list of ${typeOf(items)}`;
  if (properties)
    return 'op' in properties ? `\`${String(properties['op']!.const)}\` command` : `{ ${Object.keys(properties).join(', ')} }`;
  return type ?? 'any';
}
