import { setTimeout as sleep } from 'node:timers/promises';
import { chance, oneOf } from '@mizan/process/trial';
import type { Acknowledgement, Clients, Target } from '../faults/clients.js';

const AT_ONCE = 3;
const PAUSE_MS = 25;
/** Nobody may be left without an answer for longer, ms. */
const PATIENCE_MS = 60_000;
const TRY_TIMEOUT_MS = 10_000;

interface Answer {
  readonly position: number;
  readonly totals?: readonly { readonly debits: string; readonly credits: string }[];
}

/** Readers of what clients were just told: each asks for books that know it already, and compares what it may rely on. */
export class Readers {
  answered = 0;
  /** Tries that were refused for now, or got no answer. */
  refused = 0;
  /** From the first try to the answer, ms. */
  longestMs = 0;
  /** Answers that nothing excuses, by what they said. */
  readonly surprises = new Map<string, number>();
  #running: Promise<unknown> | null = null;
  #go = false;

  constructor(
    private readonly target: Target,
    private readonly clients: Clients,
  ) {}

  start(): void {
    this.#go = true;
    this.#running = Promise.all(Array.from({ length: AT_ONCE }, (_, nr) => this.#read(nr)));
    // Whoever pauses hears of it.
    this.#running.catch(() => undefined);
  }

  async pause(): Promise<void> {
    this.#go = false;
    await this.#running;
  }

  async #read(seed: number): Promise<void> {
    const draw = chance(seed);
    const seen = new Map<string, number>();
    while (this.#go) {
      const told = this.clients.acknowledged.findLast(({ outcome }) => outcome === 'applied');
      if (told) await this.#ask(told, oneOf(draw, questions), seen);
      await sleep(PAUSE_MS);
    }
  }

  async #ask(told: Acknowledgement, { path, check }: Question, seen: Map<string, number>): Promise<void> {
    const began = performance.now();
    const asked = path(told);
    for (;;) {
      const answer = await this.#try(`/v1/ledgers/${told.ledger}/${asked}`);
      if (answer) {
        const wrong = check(told, answer, seen.get(told.ledger) ?? 0);
        if (wrong) this.#surprise(`${asked}: ${wrong}`);
        if (asked.includes('minPosition')) seen.set(told.ledger, answer.position);
        break;
      }
      this.refused += 1;
      if (performance.now() - began > PATIENCE_MS) throw new Error(`${asked} was not answered.`);
      await sleep(PAUSE_MS);
    }
    this.answered += 1;
    this.longestMs = Math.max(this.longestMs, performance.now() - began);
  }

  /** Null: not now. */
  async #try(path: string): Promise<Answer | null> {
    try {
      const headers = { authorization: `Bearer ${this.target.credential}` };
      const response = await fetch(this.target.url + path, { headers, signal: AbortSignal.timeout(TRY_TIMEOUT_MS) });
      const body = (await response.json()) as Answer & { readonly code?: string };
      if (response.ok) return body;
      if (!response.headers.has('retry-after')) this.#surprise(`${response.status} ${body.code} without Retry-After`);
      else if (![409, 429, 503].includes(response.status)) this.#surprise(`${response.status} ${body.code}`);
    } catch {
      // A connection that broke, or the time ran out: asked again.
    }
    return null;
  }

  #surprise(what: string): void {
    this.surprises.set(what, (this.surprises.get(what) ?? 0) + 1);
  }
}

interface Question {
  readonly path: (told: Acknowledgement) => string;
  /** @returns what is wrong with the answer, or null. @param before the position this reader saw last. */
  readonly check: (told: Acknowledgement, answer: Answer, before: number) => string | null;
}

const known: Question['check'] = ({ position }, answer, before) =>
  answer.position >= Math.max(position!, before)
    ? null
    : `at ${answer.position}, after ${position} was acknowledged and ${before} was seen`;
const atLeast = (path: string): Question['path'] => {
  const query = path.includes('?') ? '&' : '?';
  return ({ position }) => `${path}${query}minPosition=${position}`;
};

const questions: readonly Question[] = [
  { path: atLeast('accounts/bank:cash/balance'), check: known },
  { path: atLeast('accounts/clients:1/statement?limit=50'), check: known },
  {
    path: atLeast('trial-balance'),
    check: (told, answer, before) => {
      const uneven = answer.totals?.find(({ debits, credits }) => debits !== credits);
      return uneven ? `debits ${uneven.debits}, credits ${uneven.credits}` : known(told, answer, before);
    },
  },
  {
    path: ({ id }) => `commands/${id}`,
    check: ({ position }, answer) => (answer.position === position ? null : `at ${answer.position}, acknowledged at ${position}`),
  },
];
