import type { Static, TSchema } from 'typebox';
import { type Envelope, canonicalJson } from './envelope.js';
import { instantText } from './instant.js';

/** One kind of event of one service. The JSON Schema of its data stands in a file of its own, which only tests, documents and compilers read. */
export interface EventKind {
  /** Of the schema that is written today: 1, 2, 3, ... */
  readonly version: number;
  /** One sentence: what the event says. */
  readonly says: string;
  /** By the version that they read: what makes `data` of the next version of it. */
  readonly upcasters?: Readonly<Record<number, (data: unknown) => unknown>>;
}

/** By the name of a kind, the schema of its `data`. */
export type Schemas = Readonly<Record<string, TSchema>>;
/** By the name of a kind, the type of its `data`. */
export type DataIn<S extends Schemas> = { readonly [Name in keyof S & string]: Static<S[Name]> };

/** An event as it was read, in the form of the version that is written today. */
export type ReadEvent<Data> = {
  [Name in keyof Data]: { readonly type: Name; readonly data: Data[Name]; readonly envelope: Envelope };
}[keyof Data];

/** What the writer of an event knows beside its data. */
export interface WrittenEvent extends Pick<Envelope, 'id' | 'stream' | 'version' | 'actor' | 'correlation' | 'causation' | 'traceparent'> {
  /** Ms since the epoch. */
  readonly recordedAt: number;
  /** The first and last version of the all-or-nothing group it belongs to. */
  readonly group?: NonNullable<Envelope['group']> | null;
  /** The commitment to the texts that lie beside it. */
  readonly texts?: string;
}

/** The kinds of events that one service writes, by their names. Each is declared here and nowhere else. */
export class EventKinds<Data extends Readonly<Record<string, unknown>>> {
  private readonly byName: ReadonlyMap<string, EventKind>;

  /** @throws Error in one line that names what is declared wrongly: such a program must not start. */
  constructor(
    readonly owner: string,
    readonly all: { readonly [Name in keyof Data]: EventKind },
  ) {
    this.byName = new Map(Object.entries(all));
    for (const [name, { version, upcasters = {} }] of this.byName) {
      const fail = (why: string): never => {
        throw new Error(`The event kind ${name} of ${owner} is declared wrongly: ${why}.`);
      };
      if (!/^[A-Z][A-Za-z]{0,59}$/.test(name)) fail('a name is 1 to 60 letters, the first of them a capital');
      if (!Number.isInteger(version) || version < 1) fail(`its version is ${version}; versions are 1, 2, 3 and so on`);
      for (let from = 1; from < version; from += 1) if (!upcasters[from]) fail(`it has version ${version} and no upcaster from ${from}`);
      for (const from of Object.keys(upcasters))
        if (Number(from) >= version) fail(`it has an upcaster from ${from}, and its version is ${version}`);
    }
  }

  /** The newest version of a kind that this program knows; null for a kind that it does not know. */
  versionOf(name: string): number | null {
    return this.byName.get(name)?.version ?? null;
  }

  /** @throws Error for a kind or a version of it that this program does not know: a newer one wrote it. */
  check({ type, schemaVersion, stream, version }: Pick<Envelope, 'type' | 'schemaVersion' | 'stream' | 'version'>): void {
    const newest = this.versionOf(type);
    if (newest === null) throw new Error(`Event ${stream}@${version} is of an unknown type ${type}. Run a newer program.`);
    if (!(schemaVersion >= 1 && schemaVersion <= newest))
      throw new Error(`Event ${stream}@${version} has schema version ${schemaVersion}; this program knows ${newest}. Run a newer one.`);
  }

  /** @throws as `check`. */
  read(envelope: Envelope): ReadEvent<Data> {
    this.check(envelope);
    const { upcasters = {}, version } = this.byName.get(envelope.type)!;
    let { data } = envelope;
    for (let from = envelope.schemaVersion; from < version; from += 1) data = upcasters[from]!(data);
    return { type: envelope.type, data, envelope } as ReadEvent<Data>;
  }

  /** The stored text of an event: canonical JSON (RFC 8785). */
  write<Name extends keyof Data & string>(name: Name, data: Data[Name], of: WrittenEvent): string {
    const { recordedAt, group, texts, ...known } = of;
    return canonicalJson({
      ...known,
      data,
      recordedAt: instantText(recordedAt),
      schemaVersion: this.versionOf(name)!,
      type: name,
      ...(group ? { group } : {}),
      ...(texts === undefined ? {} : { texts }),
    } satisfies Envelope);
  }
}
