import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chance } from '@mizan/process/trial';
import { type Request, type Said, send } from './request.js';
import { Wishes } from './wishes.js';

/** What a client was told for certain, and may rely on for ever. One line of the file. */
export interface Acknowledgement {
  readonly ledger: string;
  readonly id: string;
  readonly outcome: 'applied' | 'rejected';
  readonly code: string | null;
  readonly position: number | null;
  readonly command: Request['command'];
}

/** When an answer came and when the try that brought it was sent, by the monotonic clock, ms. */
interface Moment {
  readonly ledger: string;
  readonly sentAt: number;
  readonly at: number;
}

export interface Target {
  readonly url: string;
  readonly credential: string;
}

const AT_ONCE = 8;
/** Between two commands of one client, ms: leaves the processors to what is tested. */
const PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 500;
/** Nobody may be left without an answer for longer, ms. */
const PATIENCE_MS = 120_000;
const SENT_AGAIN = 0.04;
const SENT_TWICE_AT_ONCE = 0.04;

/**
 * Clients who post at once, each with ids of its own. What they are not told for certain they send again with the same id until they are;
 * what they are told is written to a file before anything else is sent.
 */
export class Clients {
  readonly acknowledged: Acknowledgement[] = [];
  /** Answers that no fault excuses, and repeated ids that were answered otherwise than before. */
  readonly contradictions: string[] = [];
  /** Answers of an unexpected kind, by what they said. */
  readonly surprises = new Map<string, number>();
  /** Tries whose outcome was not known, and tries that were refused for now. */
  readonly tries = { unknown: 0, refused: 0 };
  readonly #file: number;
  #running: Promise<unknown> | null = null;
  #go = false;
  #rounds = 0;
  readonly #moments: Moment[] = [];
  #waiting: { readonly fits: (moment: Moment) => boolean; readonly tell: (moment: Moment) => void }[] = [];

  constructor(
    private readonly target: Target,
    readonly file: string,
    private readonly seed: number,
  ) {
    this.#file = openSync(file, 'a', 0o600);
  }

  start(): void {
    this.#go = true;
    this.#rounds += 1;
    const names = Array.from({ length: AT_ONCE }, (_, nr) => ({
      name: `${this.#rounds}:${nr}`,
      seed: this.seed + this.#rounds * 1_000 + nr,
    }));
    this.#running = Promise.all(names.map(({ name, seed }) => this.#post(name, seed)));
  }

  /** Resolves when everything that was sent is known for certain. */
  async pause(): Promise<void> {
    this.#go = false;
    await this.#running;
  }

  async close(): Promise<void> {
    await this.pause();
    closeSync(this.#file);
  }

  /** The first acknowledgement of a try that was sent after a moment of the monotonic clock. @param ledger in this one, where it is given. */
  acknowledgedAfter(since: number, ledger: string | null = null): Promise<Moment> {
    const fits = (moment: Moment): boolean => moment.sentAt >= since && (ledger === null || moment.ledger === ledger);
    const already = this.#moments.find(fits);
    if (already) return Promise.resolve(already);
    return new Promise((resolve, reject) => {
      const impatient = setTimeout(() => reject(new Error(`Nothing was acknowledged for ${PATIENCE_MS / 1000} s.`)), PATIENCE_MS);
      const tell = (moment: Moment): void => {
        clearTimeout(impatient);
        resolve(moment);
      };
      this.#waiting.push({ fits, tell });
    });
  }

  async acknowledge(count: number): Promise<void> {
    const wanted = this.acknowledged.length + count;
    while (this.acknowledged.length < wanted) await this.acknowledgedAfter(performance.now());
  }

  /** Sends a command until it is answered for certain, and remembers the answer. @param target where not through the gateway. */
  async settle(request: Request, target = this.target): Promise<Said & { readonly certain: true }> {
    const { said, moment } = await this.#persist(request, target);
    this.#remember(request, said, moment);
    return said;
  }

  async #post(name: string, seed: number): Promise<void> {
    const draw = chance(seed);
    const wishes = new Wishes(name, draw);
    while (this.#go) {
      const request = wishes.next();
      const twin = draw() < SENT_TWICE_AT_ONCE ? this.#persist(request, this.target) : null;
      const said = await this.settle(request);
      if (said.outcome === 'applied') wishes.applied(request);
      if (twin) this.#compare(request, said, (await twin).said);
      if (draw() < SENT_AGAIN) this.#compare(request, said, (await this.#persist(request, this.target)).said);
      await sleep(PAUSE_MS);
    }
  }

  async #persist(request: Request, target: Target): Promise<{ said: Said & { certain: true }; moment: Moment }> {
    const began = performance.now();
    for (let tries = 0; ; tries += 1) {
      const sentAt = performance.now();
      const said = await send(target, request);
      const at = performance.now();
      if (said.certain) return { said, moment: { ledger: request.ledger, sentAt, at } };
      this.tries[said.maybeDone ? 'unknown' : 'refused'] += 1;
      if (said.surprise !== null) this.surprises.set(said.surprise, (this.surprises.get(said.surprise) ?? 0) + 1);
      if (at - began > PATIENCE_MS) throw new Error(`${request.command.op} ${request.command.id} was not answered for certain.`);
      await sleep(Math.min(20 * 2 ** tries, LONGEST_PAUSE_MS));
    }
  }

  #remember({ ledger, command }: Request, { outcome, code, position }: Said & { certain: true }, moment: Moment): void {
    const acknowledgement = { ledger, id: command.id, outcome, code, position, command };
    writeSync(this.#file, `${JSON.stringify(acknowledgement)}\n`);
    this.acknowledged.push(acknowledgement);
    this.#moments.push(moment);
    const due = this.#waiting.filter(({ fits }) => fits(moment));
    this.#waiting = this.#waiting.filter(({ fits }) => !fits(moment));
    for (const { tell } of due) tell(moment);
  }

  /** A refusal that is not recorded may turn into another answer; what was applied, or recorded as refused, may not. */
  #compare({ command: { op, id } }: Request, first: Said & { certain: true }, again: Said & { certain: true }): void {
    if (first.outcome === 'rejected' && again.outcome === 'rejected') return;
    if (first.outcome !== again.outcome || first.position !== again.position)
      this.contradictions.push(`${op} ${id}: ${JSON.stringify(first)}, then ${JSON.stringify(again)}`);
  }
}
