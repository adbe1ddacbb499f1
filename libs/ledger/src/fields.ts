import { isAssetCode, parseMinorUnits, parseSignedMinorUnits } from '@mizan/money';
import { holdsCardNumber } from './card-number.js';
import { parseInstant } from './instant.js';
import { type Rejection, type RejectionCode, rejectionCodes } from './rejection.js';
import {
  MAX_METADATA_BYTES,
  MAX_METADATA_KEYS,
  MAX_METADATA_KEY_CHARACTERS,
  MAX_REFERENCE_CHARACTERS,
  type Metadata,
  noTexts,
  textFault,
  utf8Bytes,
} from './texts.js';

const MAX_ID_CHARACTERS = 128;
const commandId = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;
const accountId = /^[A-Za-z0-9][A-Za-z0-9_.-]*(?::[A-Za-z0-9][A-Za-z0-9_.-]*)*$/;

/** How far ahead of the clock an entry may be effective. */
export const MAX_AHEAD_MS = 5 * 60 * 1000;

export const isCommandId = (value: unknown): value is string => typeof value === 'string' && commandId.test(value);

export const isAccountId = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_ID_CHARACTERS && accountId.test(value);

/** What is wrong with an operation. Of all faults, the one whose code stands first in the list is the answer. */
export class Faults {
  private found: Rejection | null = null;

  add(code: RejectionCode, field: string, detail: string): void {
    if (this.found && rejectionCodes.indexOf(this.found.code) <= rejectionCodes.indexOf(code)) return;
    this.found = { code, detail, field };
  }

  get first(): Rejection | null {
    return this.found;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** A parsed JSON object: neither null nor a list. */
export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The fields of one JSON object, read one by one. A field that is not as it must be is a fault, and something
 * harmless is read in its place; a field that nobody reads is unknown.
 */
export class Fields {
  private readonly read = new Set<string>();

  constructor(
    private readonly object: JsonObject,
    readonly faults: Faults,
    private readonly now: number,
    private readonly path = '',
  ) {}

  /** The fields of an object inside this one, whose faults count with the rest. */
  inner(object: JsonObject, path: string): Fields {
    return new Fields(object, this.faults, this.now, `${this.path}${path}/`);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.object, name) && this.object[name] !== undefined;
  }

  /** The value as it was sent; undefined where it is absent. */
  value(name: string): unknown {
    this.read.add(name);
    return this.has(name) ? this.object[name] : undefined;
  }

  fault(code: RejectionCode, name: string, detail: string): void {
    this.faults.add(code, this.path + name, `${this.path}${name} ${detail}`);
  }

  commandId(name: string): string {
    const value = this.value(name);
    if (isCommandId(value)) return this.innocent(name, value);
    this.fault('invalid_id', name, 'must be 1 to 128 of the characters A-Z a-z 0-9 _ . : - and begin with a letter or digit.');
    return '';
  }

  /** @param code where the account is the operation's own id, its fault is that of an id. */
  accountId(name: string, code: 'invalid_account' | 'invalid_id' = 'invalid_account'): string {
    const value = this.value(name);
    if (isAccountId(value)) return this.innocent(name, value);
    this.fault(
      code,
      name,
      'must be segments joined by ":", each of A-Z a-z 0-9 _ . - beginning with a letter or digit, 128 characters in all.',
    );
    return '';
  }

  amount(name: string): bigint {
    const amount = parseMinorUnits(this.value(name));
    if (amount !== undefined) return amount;
    this.fault('invalid_amount', name, 'must be minor units as a string of at most 39 digits, "1" to 2^128-1; not a JSON number.');
    return 0n;
  }

  /** A signed limit; null, or absent, is none. */
  limit(name: string): bigint | null {
    const value = this.value(name) ?? null;
    const limit = value === null ? null : parseSignedMinorUnits(value);
    if (limit !== undefined) return limit;
    this.fault(
      'invalid_amount',
      name,
      'must be minor units as a string of at most 39 digits, with "-" in front below zero, or null for none.',
    );
    return null;
  }

  asset(name: string): string {
    const value = this.value(name);
    if (isAssetCode(value)) return value;
    this.fault('invalid_asset', name, 'must be a code of 1 to 16 of the characters A-Z 0-9, beginning with a letter.');
    return '';
  }

  /** One of a few words. */
  word<W extends string>(name: string, words: readonly [W, ...W[]], code: RejectionCode): W {
    const value = this.value(name);
    const word = words.find((one) => one === value);
    if (word === undefined) this.fault(code, name, `must be one of ${words.join(', ')}.`);
    return word ?? words[0];
  }

  /** A moment in the past, or hardly ahead of the clock; null where absent. */
  effectiveAt(name: string): number | null {
    const value = this.value(name);
    if (value === undefined) return null;
    const ms = parseInstant(value);
    if (ms === undefined)
      this.fault('invalid_date', name, 'must be a real moment like "2026-01-31T12:00:00Z", in UTC, with up to 3 digits of fraction.');
    else if (ms > this.now + MAX_AHEAD_MS) this.fault('invalid_date', name, 'lies more than 5 minutes ahead.');
    return ms ?? null;
  }

  /** A moment; null, or absent, is none. Whether it has passed is for the rules to say. */
  expiresAt(name: string): number | null {
    const value = this.value(name) ?? null;
    const ms = value === null ? null : parseInstant(value);
    if (ms !== undefined) return ms;
    this.fault('invalid_date', name, 'must be a real moment like "2026-01-31T12:00:00Z", in UTC, with up to 3 digits of fraction.');
    return null;
  }

  /** A day like 2026-01-31, UTC. */
  day(name: string): string {
    const value = this.value(name);
    if (typeof value === 'string' && parseInstant(`${value}T00:00:00Z`) !== undefined) return value;
    this.fault('invalid_date', name, 'must be a day that exists, like "2026-01-31".');
    return '';
  }

  /** Absent: true. */
  flag(name: string): boolean {
    const value = this.value(name);
    if (value === undefined || typeof value === 'boolean') return value ?? true;
    this.fault('invalid_operation', name, 'must be true or false.');
    return true;
  }

  /** Null where absent. */
  reference(name: string): string | null {
    const value = this.value(name) ?? null;
    if (value === null) return null;
    const fault = typeof value === 'string' ? textFault(value, MAX_REFERENCE_CHARACTERS) : 'must be a string';
    if (fault === null) return this.innocent(name, value as string);
    this.fault('invalid_metadata', name, `${fault}.`);
    return null;
  }

  /** Empty where absent. The keys of what comes back are its own, `__proto__` included. */
  metadata(name: string): Metadata {
    const value = this.value(name);
    if (value === undefined) return noTexts.metadata;
    const fault = metadataFault(value);
    if (fault !== null) {
      this.fault('invalid_metadata', name, `${fault}.`);
      return noTexts.metadata;
    }
    const entries = Object.entries(value as Metadata);
    for (const words of entries) for (const text of words) this.innocent(name, text);
    return Object.assign(Object.create(null) as Metadata, Object.fromEntries(entries));
  }

  /** After all fields have been read. */
  nothingElse(): void {
    for (const name of Object.keys(this.object))
      if (!this.read.has(name)) this.fault('invalid_operation', name.slice(0, 64).toWellFormed(), 'is not a field here. Leave it out.');
  }

  private innocent(name: string, text: string): string {
    if (holdsCardNumber(text))
      this.fault(
        'card_number',
        name,
        'looks like a card number: such numbers must not be kept here. If it is something else, join a letter or a prefix such as "n" or "no_" to it.',
      );
    return text;
  }
}

function metadataFault(value: unknown): string | null {
  if (!isObject(value)) return 'must be an object of strings';
  const entries = Object.entries(value);
  if (entries.length > MAX_METADATA_KEYS) return `has more than ${MAX_METADATA_KEYS} keys`;
  let bytes = 0;
  for (const [key, text] of entries) {
    if (typeof text !== 'string') return 'holds a value that is not a string';
    if (key === '') return 'has an empty key';
    const keyFault = textFault(key, MAX_METADATA_KEY_CHARACTERS);
    if (keyFault) return `has a key that ${keyFault}`;
    const fault = textFault(text, MAX_METADATA_BYTES);
    if (fault) return `holds a value that ${fault}`;
    bytes += utf8Bytes(key) + utf8Bytes(text);
  }
  return bytes > MAX_METADATA_BYTES ? `takes ${bytes} bytes; ${MAX_METADATA_BYTES} is the most` : null;
}
