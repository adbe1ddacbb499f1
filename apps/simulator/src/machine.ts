import type { Dice } from './dice.js';
import type { Tally } from './tally.js';
import type { VirtualTime } from './virtual-time.js';

/** What may go wrong between a process and what it calls. */
export const faultKinds = [
  'call lost',
  'answer lost',
  'slow call',
  'append arrives late',
  'store busy',
  'crash',
  'crash in a call',
  'pause',
  'lease lost',
  'clock jump',
  'message dropped',
  'message doubled',
  'messages shuffled',
  'bus silent',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** How often each goes wrong in one schedule, 0 .. 1; nothing does any more once it is calm. */
export class Misfortune {
  calm = false;

  constructor(
    private readonly odds: Readonly<Partial<Record<FaultKind, number>>>,
    private readonly dice: Dice,
    private readonly tally: Tally,
  ) {}

  strikes(kind: FaultKind): boolean {
    const probability = this.odds[kind] ?? 0;
    if (this.calm || probability === 0 || !this.dice.chance(probability)) return false;
    this.tally.count('faults', kind);
    return true;
  }
}

const MOST_LATENCY_MS = 8;
const SLOWEST_MS = 4_000;
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export class Disconnected extends Error {
  constructor(what: string) {
    super(`The connection broke at ${what}.`);
  }
}

/**
 * A process as others see it: what it calls happens somewhere else, takes time, and may fail before or after it was
 * done. Once it has crashed it hears no answer any more, and nothing that it still does reaches anybody.
 */
export class Machine {
  alive = true;
  /** How far its wall clock is ahead, ms. */
  clockOffsetMs = 0;
  private stillUntil = 0;
  private readonly crashed: (() => void)[] = [];

  constructor(
    readonly name: string,
    readonly time: VirtualTime,
    readonly dice: Dice,
    readonly misfortune: Misfortune,
  ) {}

  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const tell of this.crashed.splice(0)) tell();
  }

  onCrash(tell: () => void): void {
    if (this.alive) this.crashed.push(tell);
    else tell();
  }

  /** It does nothing for a while, and does not know. */
  pause(ms: number): void {
    this.stillUntil = this.time.now + ms;
  }

  /** Calls something outside. @throws Disconnected: it may have been done, or not. */
  async call<T>(what: string, work: () => Promise<T> | T): Promise<T> {
    await this.turn();
    const { misfortune, time } = this;
    if (misfortune.strikes('crash in a call')) time.after(this.dice.between(0, 2 * MOST_LATENCY_MS), () => this.crash());
    const lost = misfortune.strikes('call lost');
    const answerLost = !lost && misfortune.strikes('answer lost');
    await time.sleep(misfortune.strikes('slow call') ? this.dice.between(50, SLOWEST_MS) : this.latency());
    // What was sent arrives, though the sender may have crashed meanwhile.
    const answer = lost ? null : { of: await work() };
    await time.sleep(this.latency());
    await this.turn();
    if (!answer || answerLost) throw new Disconnected(what);
    return answer.of;
  }

  latency(): number {
    return this.dice.between(0, MOST_LATENCY_MS);
  }

  /** Its turn to go on: not while it is paused, and never again after a crash. */
  async turn(): Promise<void> {
    while (this.alive && this.stillUntil > this.time.now) await this.time.sleep(Math.min(250, this.stillUntil - this.time.now));
    if (!this.alive) await never();
  }
}
