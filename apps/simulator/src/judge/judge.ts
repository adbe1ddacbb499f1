import { decodeEvent } from '@mizan/contracts';
import { Audit } from '@mizan/ledger';
import type { KeptTexts } from '@mizan/contracts';
import type { LedgerBooks } from '../books.js';
import { type Attempt, textOf } from '../history.js';
import { type Operation, membersOf } from '../operation.js';
import { type Refusal, reasonOf } from '../refusal.js';
import { type Claim, type Named, hear } from './answers.js';
import { CLOCK_MS } from './clock.js';
import { differenceFrom, expiryDifference } from './compare.js';
import { contentOf, differingField } from './content.js';
import { outOfTurn, tooLate } from './expiries.js';
import { groupOutcome } from './groups.js';
import { type Written, readWritten } from './journal.js';
import { PlainLedger } from './plain-ledger.js';
import { booksDifference, booksText, expectedBooksText } from './statements.js';
import { wordsDifference } from './words.js';

/** Everything known of one ledger after a schedule. */
export interface Evidence {
  readonly uid: string;
  readonly journal: readonly string[];
  readonly appendedAt: readonly number[];
  readonly texts: ReadonlyMap<string, KeptTexts>;
  readonly attempts: readonly Attempt[];
  /** What readers saw on the way: the books' text at a position. */
  readonly glances: readonly { readonly position: number; readonly text: string }[];
  readonly books: LedgerBooks | undefined;
  /** A hold that was due then must have expired, ms since the epoch. */
  readonly expiredBy: number;
  /** Nothing ever stood in the writers' way: what was due expired promptly. */
  readonly undisturbed: boolean;
}

/** Says what is wrong with a ledger's journal, with what its callers were told, and with what its readers saw. */
export class Judge {
  private readonly found: string[] = [];
  private readonly ledger = new PlainLedger();
  private readonly events: Written[];
  private readonly claims: Claim[];
  private readonly named: readonly Named[];
  private readonly groups: readonly (readonly Operation[])[];

  constructor(private readonly evidence: Evidence) {
    this.events = evidence.journal.map((text) => readWritten(text, evidence.texts));
    const { claims, named, faults } = hear(evidence.attempts);
    this.claims = claims;
    this.named = named;
    this.found.push(...faults);
    this.groups = evidence.attempts.flatMap(({ questions }) =>
      questions.flatMap((question) =>
        question.kind === 'operation' && question.operation.op === 'group' ? [membersOf(question.operation)] : [],
      ),
    );
  }

  /** What is wrong, or nothing. */
  verdict(): readonly string[] {
    this.weigh();
    for (let at = 0; at < this.events.length && this.found.length === 0;) at += this.step(at);
    if (this.found.length > 0) return this.told();
    for (const { said, from, to } of this.claims)
      this.found.push(`${said}, which was right at no length of the journal from ${from} to ${to}`);
    for (const each of this.named) this.checkNamed(each);
    this.checkRefusals();
    this.checkExpired();
    if (this.evidence.books) this.checkBooks(booksText(this.evidence.books), 'The books at the end');
    this.audit();
    return this.told();
  }

  private told(): readonly string[] {
    return this.found.map((line) => `${this.evidence.uid}: ${line}`);
  }

  /** Judges the event at a place, or its whole group. @returns how many events that were. */
  private step(at: number): number {
    const event = this.events[at]!;
    const unit = event.group ? this.events.slice(at, at + event.group.last - event.group.first + 1) : [event];
    const whole =
      event.group === null || (event.group.first === event.position && unit.every(({ group }) => group?.first === event.position));
    if (!whole || (event.group && unit.at(-1)!.position !== event.group.last)) this.blame(event, 'its group is not whole');
    else if (event.group) this.judgeGroup(unit);
    else this.judgeOne(event);
    this.weigh();
    return unit.length;
  }

  private blame(event: Written, what: string): void {
    this.found.push(`#${event.position} ${event.type} ${event.operation?.id ?? ''}: ${what}`);
  }

  private envelope(event: Written): void {
    const { ledger, evidence } = this;
    if (event.position !== ledger.position + 1) this.blame(event, `it follows #${ledger.position}`);
    if (event.recordedAt < ledger.time) this.blame(event, 'time goes back');
    const appendedAt = evidence.appendedAt[event.position - 1]!;
    if (event.recordedAt > Math.max(ledger.time, appendedAt + CLOCK_MS)) this.blame(event, 'it was recorded ahead of its time');
    ledger.time = Math.max(ledger.time, event.recordedAt);
  }

  private judgeOne(event: Written): void {
    const { ledger } = this;
    this.envelope(event);
    if (event.type === 'LedgerOpened') {
      if (ledger.position !== 0) this.blame(event, 'the ledger was open');
      ledger.position = event.position;
      return;
    }
    if (event.type === 'HoldExpired') return this.judgeExpiry(event);
    const operation = event.operation!;
    this.nothingDue(event, operation);
    if (event.data.inGroup) return this.judgeCulprit(event, operation);
    this.takeOne(event, operation);
  }

  private takeOne(event: Written, operation: Operation): void {
    const { ledger } = this;
    const outcome = ledger.outcome(operation, event.recordedAt);
    if (outcome.kind !== 'replayed') ledger.take(operation, outcome, event.position);
    const difference = differenceFrom(event, operation, outcome, ledger) ?? wordsDifference(event, operation, this.events, ledger);
    if (difference) this.blame(event, difference);
  }

  private judgeExpiry(event: Written): void {
    const { ledger, evidence } = this;
    const { id } = event.data.hold as { id: string };
    const hold = ledger.holds.get(id);
    if (hold?.status !== 'placed') return this.blame(event, `the hold ${id} was not open`);
    if (hold.expiresAt === null || hold.expiresAt > event.recordedAt) return this.blame(event, `the hold ${id} was not due`);
    const untimely =
      outOfTurn(event, hold, ledger, evidence.attempts) ??
      (evidence.undisturbed ? tooLate(hold, evidence.appendedAt[event.position - 1]!) : null);
    ledger.expire(hold, event.position);
    const difference = untimely ?? expiryDifference(event, ledger);
    if (difference) this.blame(event, difference);
  }

  private nothingDue(event: Written, operation: Operation): void {
    const [due] = this.ledger.dueFor([operation], event.recordedAt);
    if (due) this.blame(event, `the hold ${due.id} was due before it`);
  }

  /** A group was refused for one member, whose refusal is recorded: somebody must have sent such a group. */
  private judgeCulprit(event: Written, operation: Operation): void {
    const { ledger } = this;
    const content = contentOf(operation);
    const refusal = event.data.rejection as Refusal;
    const reason = reasonOf(refusal);
    const explained = this.groups.some((members) => {
      const { culprit } = groupOutcome(ledger, members, event.recordedAt);
      const blamed = culprit && members[culprit.place]!;
      if (!culprit?.recorded || blamed?.id !== operation.id || reasonOf(culprit.refusal) !== reason) return false;
      return differingField(contentOf(blamed!), content) === null;
    });
    if (!explained) this.blame(event, `no group that was sent is refused for it as ${reason}`);
    ledger.take(operation, { kind: 'refused', refusal, recorded: true }, event.position);
  }

  private judgeGroup(unit: readonly Written[]): void {
    const ids = unit.map(({ operation }) => operation?.id);
    const explained = this.groups.some((members) => {
      const { culprit, done } = groupOutcome(this.ledger, members, unit[0]!.recordedAt);
      return culprit === null && done.length === ids.length && done.every(({ id }, place) => id === ids[place]);
    });
    if (!explained) this.blame(unit[0]!, 'no group that was sent comes to this');
    for (const event of unit) this.nothingDue(event, event.operation!);
    for (const event of unit) {
      if (this.found.length > 0) return;
      this.envelope(event);
      this.takeOne(event, event.operation!);
    }
  }

  /** Strikes the claims that are right as things stand now, and looks at what readers saw at this position. */
  private weigh(): void {
    const { ledger, claims } = this;
    for (let at = claims.length - 1; at >= 0; at--) {
      const { from, to, holds } = claims[at]!;
      if (from <= ledger.position && ledger.position <= to && holds(ledger)) claims.splice(at, 1);
    }
    for (const { position, text } of this.evidence.glances)
      if (position === ledger.position) this.checkBooks(text, `The books at ${position}`);
  }

  private checkBooks(text: string, which: string): void {
    const expected = expectedBooksText(this.ledger, this.events.slice(0, this.ledger.position));
    if (text !== expected) this.found.push(`${which} ${booksDifference(text, expected)}`);
  }

  /** What was told with an event: it stands there, was durable when it was told, and is of this operation. */
  private checkNamed({ position, event, about, attempt, isNew }: Named): void {
    const written = this.events[position - 1];
    const said = `${attempt.caller} was told at length ${attempt.answeredAtVersion} of #${position}`;
    if (!written || position > attempt.answeredAtVersion) return void this.found.push(`${said}, which was not durable`);
    const truth = textOf(decodeEvent(this.evidence.journal[position - 1]!, written.texts));
    if (event !== truth) this.found.push(`${said}: ${event}, where there is ${truth}`);
    if (about === null) return;
    const { operation, told } = about;
    const recorded = written.type === 'TransferRejected' ? reasonOf(written.data.rejection as Refusal) : 'applied';
    const reason = told.refusal ? reasonOf(told.refusal) : told.status;
    if (reason !== recorded) this.found.push(`${said} as ${reason}, where there is ${recorded}`);
    const spent = written.type === 'TransferRejected' || operation.op === 'cancel';
    if (written.operation?.id !== operation.id) this.found.push(`${said}, which is not ${operation.id}`);
    else if (!(spent && !isNew) && differingField(contentOf(operation), contentOf(written.operation!)) !== null)
      this.found.push(`${said}, of other content than ${JSON.stringify(operation)}`);
    if (isNew && position <= attempt.sentAtVersion) this.found.push(`${said}, which was there before it was sent`);
  }

  /** Where a caller was told that nothing was written, nothing was. */
  private checkRefusals(): void {
    const { attempts } = this.evidence;
    for (const attempt of attempts) {
      if (attempt.fault !== 'unavailable' && attempt.fault !== 'overloaded') continue;
      for (const id of idsOf(attempt)) {
        const others = attempts.filter((other) => other !== attempt && idsOf(other).includes(id));
        if (others.some(({ sentAt }) => sentAt <= attempt.answeredAt)) continue;
        const next = Math.min(...others.map(({ sentAtVersion }) => sentAtVersion));
        const written = this.events.find(({ operation }) => operation?.id === id && operation?.op !== 'open');
        if (written && written.position <= next) this.blame(written, `${attempt.caller} had been told that nothing was written`);
      }
    }
  }

  private checkExpired(): void {
    for (const { id, status, expiresAt } of this.ledger.holds.values())
      if (status === 'placed' && expiresAt !== null && expiresAt <= this.evidence.expiredBy)
        this.found.push(`the hold ${id} was due at ${new Date(expiresAt).toISOString()} and never expired`);
  }

  /** The list of what must always be true, as the verifier reads it. */
  private audit(): void {
    const audit = new Audit();
    this.evidence.journal.forEach((text, at) => audit.see(decodeEvent(text, this.events[at]!.texts)));
    for (const { invariant, position, detail } of audit.end()) this.found.push(`#${position} breaks “${invariant}”: ${detail}`);
  }
}

const idsOf = ({ questions }: Attempt): readonly (string | undefined)[] =>
  questions.flatMap((question) => {
    if (question.kind !== 'operation' || question.operation.op === 'open') return [];
    return membersOf(question.operation).map(({ id }) => id);
  });
