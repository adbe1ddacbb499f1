import { journalStream } from '@mizan/contracts';
import type { Group } from '@mizan/ledger';
import { readOperation } from '@mizan/ledger';
import { WriterFault } from '@mizan/writer';
import type { Ask } from '@mizan/writer/ledger';
import { Cluster } from './cluster.js';
import type { Dice } from './dice.js';
import { type Attempt, type LookedUp, type Question, type Told, lookedUp, misreadAs, toldOf } from './history.js';
import { Machine, Misfortune } from './machine.js';
import { Operations } from './operations.js';
import { membersOf } from './operation.js';
import { reasonOf } from './refusal.js';
import { ReadingInstance } from './reading-instance.js';
import type { Setting } from './setting.js';
import type { Tally } from './tally.js';
import type { VirtualTime } from './virtual-time.js';
import { type Parts, WritingInstance } from './writing-instance.js';

const TENANT = 'tenant-1';
/** How long a process that has crashed is down, ms. */
const MOST_DOWN_MS = 1_500;

export interface LedgerPlace {
  readonly uid: string;
  readonly tenant: string;
  readonly operations: Operations;
}

/** The platform of one schedule: processes that come and go over disks that stay. */
export class World {
  readonly cluster: Cluster;
  readonly misfortune: Misfortune;
  readonly ledgers: readonly LedgerPlace[];
  readonly writers: WritingInstance[];
  readonly readers: ReadingInstance[];
  readonly attempts: Attempt[] = [];
  readonly log: string[] = [];

  constructor(
    readonly time: VirtualTime,
    readonly dice: Dice,
    readonly setting: Setting,
    private readonly tally: Tally,
    private readonly parts: Parts,
  ) {
    this.cluster = new Cluster(time, setting.limits);
    this.misfortune = new Misfortune(setting.odds, dice, tally);
    this.ledgers = Array.from({ length: setting.ledgers }, (_, i) => {
      const place = { uid: `book-${i + 1}`, tenant: TENANT, operations: new Operations(dice) };
      this.cluster.catalog.set(place.uid, TENANT);
      return place;
    });
    this.writers = Array.from({ length: setting.writers }, (_, place) => this.writer(place));
    this.readers = Array.from({ length: setting.readers }, (_, place) => this.reader(place));
  }

  note(line: string): void {
    this.log.push(`${new Date(this.time.now).toISOString().slice(11, 23)} ${line}`);
  }

  private machine(name: string, restart: () => void): Machine {
    const machine = new Machine(name, this.time, this.dice, this.misfortune);
    machine.onCrash(() => {
      this.note(`${name} is down`);
      this.time.after(this.dice.between(0, MOST_DOWN_MS), restart);
    });
    return machine;
  }

  private writer(place: number): WritingInstance {
    const machine = this.machine(`transfers-${place + 1}`, () => (this.writers[place] = this.writer(place)));
    const writer = new WritingInstance(this.cluster, machine, this.parts, this.setting.bounds);
    writer.start();
    return writer;
  }

  private reader(place: number): ReadingInstance {
    const machine = this.machine(`accounts-${place + 1}`, () => (this.readers[place] = this.reader(place)));
    const reader = new ReadingInstance(this.cluster, machine, this.parts, this.setting.bus);
    reader.start();
    return reader;
  }

  /** How long the journal of a ledger is, as the disk has it. */
  async versionOf(uid: string): Promise<number> {
    return this.cluster.store.version(journalStream(uid));
  }

  /** Mostly the process that has the ledger. */
  private likelyWriter(uid: string): WritingInstance {
    const owner = this.cluster.leases.get(uid)?.owner;
    const likely = this.dice.chance(0.75) ? this.writers.find(({ machine }) => machine.name === owner) : undefined;
    return likely ?? this.dice.pick(this.writers);
  }

  /** Asks one of the writing processes, and writes down what came of it. */
  async ask(
    caller: string,
    { uid, tenant }: LedgerPlace,
    questions: readonly Question[],
    writer = this.likelyWriter(uid),
  ): Promise<Attempt> {
    const attempt: Attempt = {
      ledger: uid,
      caller,
      questions,
      sentAt: this.time.now,
      sentAtVersion: await this.versionOf(uid),
      answeredAt: Infinity,
      answeredAtVersion: Infinity,
      told: null,
      fault: null,
    };
    this.attempts.push(attempt);
    const readings = questions.map((question) => this.read(question, writer));
    const asks = readings.flatMap((reading) => ('ask' in reading ? [reading.ask] : []));
    this.note(`${caller} asks ${writer.machine.name} of ${uid}: ${JSON.stringify(questions.map(asText))}`);
    try {
      const origin = { actor: caller, correlation: null, causation: null, traceparent: null };
      const replies = (asks.length === 0 ? [] : await writer.ask({ uid, tenant }, asks, origin)).values();
      attempt.told = readings.map((reading, place) => {
        const question = questions[place]!;
        if ('misread' in reading) return reading.misread;
        const reply = replies.next().value;
        return question.kind === 'operation' ? toldOf(reply as never) : lookedUp(question, reply as never);
      });
    } catch (error) {
      attempt.fault = error instanceof WriterFault ? error.kind : 'broken';
      if (attempt.fault === 'broken' && (error as Error).message !== 'The connection broke.') throw error;
    }
    attempt.answeredAt = this.time.now;
    attempt.answeredAtVersion = await this.versionOf(uid);
    this.tally.count('submissions', attempt.fault ?? 'answered');
    attempt.told?.forEach((told, at) => this.countTold(questions[at]!, told));
    this.note(`  ${caller} is told by ${writer.machine.name}: ${attempt.fault ?? attempt.told!.map(gistOf).join(', ')}`);
    return attempt;
  }

  private read(question: Question, writer: WritingInstance): { readonly ask: Ask } | { readonly misread: Told } {
    if (question.kind !== 'operation') return { ask: question };
    const reading = readOperation(question.operation, this.time.now + writer.machine.clockOffsetMs);
    if ('rejection' in reading) return { misread: misreadAs(reading.rejection) };
    const { command } = reading;
    this.tally.count('operations', command.op);
    if (command.op === 'group') for (const member of command.operations) this.tally.count('operations', member.op);
    return { ask: command.op === 'group' ? { kind: 'group', group: command as Group } : { kind: 'command', command } };
  }

  private countTold(question: Question, told: Told | LookedUp): void {
    if ('lookup' in told) return this.tally.count('look-ups', `${question.kind} ${told.standing?.split(/[ ,]/)[0] ?? 'not there'}`);
    if (question.kind !== 'operation') return;
    const { operation } = question;
    this.tally.count('answers', told.replayed ? 'replayed' : told.status);
    if (told.refusal) this.tally.count('rejections', told.refusal.code);
    if (told.refusal?.code === 'balance_overflow') this.tally.count('overflows', operation.op);
    const members = membersOf(operation);
    told.members.forEach((member, at) => this.countTold({ kind: 'operation', operation: members[at]! }, member));
  }
}

const asText = (question: Question): unknown => (question.kind === 'operation' ? question.operation : { [question.kind]: question.id });

function gistOf(told: Told | LookedUp): string {
  const at = told.position === null ? '' : ` #${told.position}`;
  if ('lookup' in told) return `${told.standing ?? 'not there'}${at}`;
  const members = told.members.length > 0 ? ` (${told.members.map(gistOf).join(', ')})` : '';
  return `${told.replayed ? 'replayed ' : ''}${told.refusal ? reasonOf(told.refusal) : told.status}${at}${members}`;
}
