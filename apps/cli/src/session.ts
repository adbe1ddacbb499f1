import { MizanClient } from '@mizan/client';
import { isoExponent } from '@mizan/money';
import { WrongUsage } from './failure.js';
import { type Form, Output, type OutputFlags } from './output.js';
import { type Settings, settingsOf } from './settings.js';
import type { World } from './world.js';

/** The flags that every command takes. */
export interface GlobalFlags extends OutputFlags {
  readonly url?: string;
  readonly ledger?: string;
}

/** What one run of a command works with: its output, and a client made when it is first asked for. */
export class Session {
  readonly output: Output;
  readonly #flags: GlobalFlags;
  readonly #exponents = new Map<string, number>();
  #settings: Settings | null = null;
  #client: MizanClient | null = null;
  #patience: { retries?: number; deadlineMs?: number } = {};

  constructor(
    readonly world: World,
    flags: GlobalFlags,
    form?: Form,
  ) {
    this.#flags = flags;
    this.output = new Output(world, flags, form);
  }

  get settings(): Settings {
    return (this.#settings ??= settingsOf(this.world, this.#flags));
  }

  get client(): MizanClient {
    return (this.#client ??= new MizanClient({ url: this.settings.url, apiKey: this.settings.apiKey, connections: 8, ...this.#patience }));
  }

  /** For long work, which is not to be given up because a service starts anew. To be called before the client is used. */
  bePatient(): void {
    this.#patience = { retries: 12, deadlineMs: 120_000 };
  }

  /** The ledger that a flag or the environment names. */
  get ledgerNamed(): string | undefined {
    return this.#flags.ledger ?? this.world.env.MIZAN_LEDGER;
  }

  /** The ledger that is meant: named by flag or environment, or the only one there is. */
  async ledger(): Promise<string> {
    if (this.ledgerNamed !== undefined) return this.ledgerNamed;
    const ids: string[] = [];
    for await (const { id } of this.client.ledgers()) if (ids.push(id) > 20) break;
    if (ids.length === 1) return ids[0]!;
    if (ids.length === 0) throw new WrongUsage('There is no ledger yet. Make one: mizan ledger create <id>');
    throw new WrongUsage(`There are several ledgers: ${ids.join(', ')}. Name one with --ledger or MIZAN_LEDGER.`);
  }

  /**
   * Decimal places of an asset that stands in an entry, which says the code alone.
   * @param account one of its accounts: it was opened with the exponent.
   */
  async exponentOf(ledger: string, asset: string, account: string): Promise<number> {
    const known = isoExponent(asset) ?? this.#exponents.get(asset);
    if (known !== undefined) return known;
    const { exponent } = await this.client.account(ledger, account, { signal: this.world.signal });
    this.#exponents.set(asset, exponent);
    return exponent;
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }
}
