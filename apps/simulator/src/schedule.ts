import { journalStream } from '@mizan/contracts';
import { BooksProjection } from './books.js';
import { connections } from './connections.js';
import { Dice } from './dice.js';
import type { Attempt, Question } from './history.js';
import { Judge } from './judge/judge.js';
import { booksText } from './judge/statements.js';
import { settingOf } from './setting.js';
import { Tally } from './tally.js';
import { VirtualTime, inVirtualTime } from './virtual-time.js';
import { type LedgerPlace, World } from './world.js';
import type { Parts } from './writing-instance.js';

/** Every part as it is. */
export const realParts = (): Parts => ({ ...connections, projection: new BooksProjection() });

export interface Outcome {
  readonly seed: number;
  /** What the judge found; empty for a schedule in which all went well. */
  readonly found: readonly string[];
  readonly tally: Tally;
  /** What happened, line by line. */
  readonly log: readonly string[];
  /** The journals, as they are stored. */
  readonly journals: readonly (readonly string[])[];
}

interface Glance {
  readonly uid: string;
  readonly position: number;
  readonly text: string;
}

const MOST_MISCHIEF_MS = 60_000;
/** From the end of all misfortune: leases run out, ledgers are loaded, readers catch up, and what is due expires. */
const CALM_MS = 9_000;
const EXPIRED_WITHIN_MS = 3_000;
const SETTLED_WITHIN_MS = 60_000;

/** Runs the schedule that follows from a seed, and judges it. */
export async function runSchedule(seed: number, parts: Parts = realParts()): Promise<Outcome> {
  const dice = new Dice(seed);
  const setting = settingOf(dice);
  const tally = new Tally();
  const time = new VirtualTime(setting.startMs, seed);
  return inVirtualTime(time, async () => {
    const world = new World(time, dice, setting, tally, parts);
    const schedule = new Schedule(world);
    const found = await schedule.run().catch((error: unknown) => [`It broke off: ${error instanceof Error ? error.stack : String(error)}`]);
    const journals = await Promise.all(world.ledgers.map(({ uid }) => journalOf(world, uid)));
    for (const [at, { uid }] of world.ledgers.entries()) found.push(...schedule.judge(uid, journals[at]!));
    tally.count('schedules', 'run');
    tally.count(
      'events',
      'appended',
      journals.reduce((sum, { length }) => sum + length, 0),
    );
    for (const journal of journals) for (const text of journal) tally.count('event types', (JSON.parse(text) as { type: string }).type);
    return { seed, found, tally, log: world.log, journals };
  });
}

class Schedule {
  private readonly glances: Glance[] = [];
  private readonly unsettled: { readonly caller: string; readonly place: LedgerPlace; readonly question: Question }[] = [];

  constructor(private readonly world: World) {}

  /** @returns what is wrong already with how it ended. */
  async run(): Promise<string[]> {
    const { world } = this;
    const { time, misfortune } = world;
    misfortune.calm = true;
    if (!(await this.within(time.now + SETTLED_WITHIN_MS, this.prologue()))) return ['The ledgers could not be opened.'];
    misfortune.calm = false;

    let busy = true;
    const callers = Array.from({ length: world.setting.callers }, (_, i) => this.caller(`caller-${i + 1}`));
    const mischief = this.mischief(() => busy);
    await this.within(time.now + MOST_MISCHIEF_MS, Promise.all(callers));
    busy = false;
    misfortune.calm = true;
    world.note('all is calm');
    for (const { machine } of world.writers) machine.clockOffsetMs = 0;

    const calmSince = time.now;
    const settled = await this.within(
      calmSince + SETTLED_WITHIN_MS,
      Promise.all([mischief, ...callers]).then(() => this.settle()),
    );
    if (!settled) return ['What was asked could not be settled, though all was calm.'];
    await time.pass(calmSince + CALM_MS);
    const read = await this.caughtUp();
    return read ? [] : [`The readers do not catch up: ${JSON.stringify([...world.cluster.books.progress])}; ${this.halts()}`];
  }

  judge(uid: string, journal: readonly string[]): readonly string[] {
    const { cluster, attempts, time, setting } = this.world;
    const stream = journalStream(uid);
    return new Judge({
      uid,
      journal,
      appendedAt: cluster.appendedAt.get(stream) ?? [],
      texts: cluster.texts,
      attempts: attempts.filter(({ ledger }) => ledger === uid),
      glances: this.glances.filter((glance) => glance.uid === uid),
      books: cluster.books.ledgers.get(stream),
      expiredBy: time.now - EXPIRED_WITHIN_MS,
      undisturbed: setting.undisturbed,
    }).verdict();
  }

  /** Whether the work was done by then. */
  private async within(moment: number, work: Promise<unknown>): Promise<boolean> {
    let done = false;
    let failed: { readonly error: unknown } | null = null;
    void work.then(
      () => (done = true),
      (error: unknown) => (failed = { error }),
    );
    await this.world.time.pass(moment, () => done || failed !== null);
    if (failed) throw (failed as { error: unknown }).error;
    return done;
  }

  private async prologue(): Promise<void> {
    const { world } = this;
    for (const place of world.ledgers) {
      const { uid, tenant, operations } = place;
      const writer = world.writers[0]!;
      const origin = { actor: 'prologue', correlation: null, causation: null, traceparent: null };
      for (let opened = false; !opened;) {
        await world.time.sleep(50);
        const asked = writer.ask({ uid, tenant }, [{ kind: 'open-ledger', tenant, ledger: uid, name: uid }], origin);
        opened = await asked.then(
          () => true,
          () => false,
        );
      }
      await world.ask('prologue', place, operations.openings().map(asQuestion), writer);
    }
  }

  private async caller(name: string): Promise<void> {
    const { world } = this;
    const { dice, time } = world;
    for (let sent = 0; sent < world.setting.submissionsPerCaller; sent++) {
      await time.sleep(dice.between(0, 600));
      const place = dice.pick(world.ledgers);
      const questions = Array.from({ length: dice.pick([1, 1, 1, 2, 5]) }, (): Question => {
        if (dice.chance(0.12)) return place.operations.lookUp();
        return asQuestion(place.operations.next(time.now));
      });
      let attempt = await world.ask(name, place, questions);
      for (let again = 0; again < 2 && attempt.fault !== null && dice.chance(0.6); again++) {
        await time.sleep(dice.between(10, 900));
        attempt = await world.ask(name, place, questions);
      }
      attempt.told?.forEach((told, at) => {
        const question = questions[at]!;
        if (question.kind === 'operation' && !('lookup' in told) && told.status === 'applied') place.operations.done(question.operation);
      });
      if (attempt.fault !== null) for (const question of questions) this.unsettled.push({ caller: name, place, question });
    }
  }

  /** Crashes, pauses and wrong clocks; and somebody who looks at the books now and then. */
  private async mischief(goesOn: () => boolean): Promise<void> {
    const { world } = this;
    const { dice, time, misfortune } = world;
    while (goesOn()) {
      await time.sleep(dice.between(100, 900));
      if (!goesOn()) return;
      this.glance();
      const writer = dice.pick(world.writers);
      const { machine } = dice.chance(0.8) ? writer : dice.pick(world.readers);
      if (dice.chance(0.03) && !world.setting.undisturbed) void writer.stop();
      else if (misfortune.strikes('crash')) machine.crash();
      if (misfortune.strikes('pause')) machine.pause(dice.between(100, 7_000));
      if (misfortune.strikes('lease lost')) void this.overtake();
      if (misfortune.strikes('clock jump'))
        machine.clockOffsetMs = dice.chance(0.2) ? dice.between(-9_000, 9_000) : dice.between(-1_500, 1_500);
    }
  }

  /** A lease runs out before its owner notices: another process takes the ledger, the former owner writes once more, and the other is asked of it. */
  private async overtake(): Promise<void> {
    const { world } = this;
    const place = world.dice.pick(world.ledgers);
    const lease = world.cluster.leases.get(place.uid);
    const former = world.writers.find(({ machine }) => machine.name === lease?.owner);
    const present = world.writers.find((writer) => writer !== former);
    if (!lease || !former || !present) return;
    lease.until = Math.min(lease.until, world.time.now);
    await world.ask('passer-by', place, [{ kind: 'lookup', id: 'nobody' }], present);
    const operation = place.operations.next(world.time.now);
    await world.ask('passer-by', place, [asQuestion(operation)], former);
    if (operation.id !== undefined) await world.ask('passer-by', place, [{ kind: 'lookup', id: operation.id }], present);
  }

  private glance(): void {
    const { ledgers, cluster, dice } = this.world;
    const { uid } = dice.pick(ledgers);
    const books = cluster.books.ledgers.get(journalStream(uid));
    if (books && dice.chance(0.5)) this.glances.push({ uid, position: books.position, text: booksText(books) });
  }

  /** Everything that was never answered is asked until it is. */
  private async settle(): Promise<void> {
    const { world } = this;
    for (const { caller, place, question } of this.unsettled) {
      let attempt: Attempt | null = null;
      while (attempt === null || attempt.fault !== null) {
        attempt = await world.ask(caller, place, [question]);
        if (attempt.fault !== null) await world.time.sleep(250);
      }
    }
  }

  private halts(): string {
    return this.world.readers.map(({ halted }) => halted ?? 'not halted').join('; ');
  }

  /** The books include every event. */
  private async caughtUp(): Promise<boolean> {
    const { ledgers, cluster, time } = this.world;
    for (let waits = 0; waits < 40; waits++) {
      const lengths = await Promise.all(ledgers.map(({ uid }) => this.world.versionOf(uid)));
      if (ledgers.every(({ uid }, at) => cluster.books.progress.get(journalStream(uid)) === lengths[at])) return true;
      await time.pass(time.now + 500);
    }
    return false;
  }
}

const asQuestion = (operation: Extract<Question, { kind: 'operation' }>['operation']): Question => ({ kind: 'operation', operation });

async function journalOf({ cluster }: World, uid: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for (;;) {
    const page = await cluster.store.read(journalStream(uid), texts.length, 8192);
    if (page.length === 0) return texts;
    texts.push(...page.map(({ text }) => text));
  }
}
