import type { Account } from './account.js';
import type { Answer } from './answer.js';
import { posted } from './balance.js';
import { Book } from './book.js';
import type { Command, Group } from './command.js';
import { decide, openLedger } from './decide.js';
import { type CommandEvent, type LedgerEvent, isEntry } from './events.js';
import { decideGroup } from './group.js';
import { expireHold } from './holding.js';
import { amountOf } from './reversal.js';
import { type Ask, type Expected, readScenario } from './scenario.js';
import { readOperation } from './shape.js';
import { eventLines, refusalLines, trialBalance } from './transcript.js';

/** What came of a scenario. */
export interface Played {
  readonly book: Book;
  readonly journal: readonly LedgerEvent[];
  /** The journal, the answers that left no trace in it, and the balances at the end, for people to read. */
  readonly transcript: string;
}

const BEGIN = Date.UTC(2026, 0, 5, 9);

/**
 * Plays a scenario on a book in memory. Its ledger is opened at the moment with which the scenario begins.
 * @throws Error naming the line, where something else than expected came of it.
 */
export function play(text: string, ledger = 'main'): Played {
  const steps = readScenario(text);
  const [first] = steps;
  const desk = new Desk(ledger, first?.kind === 'at' ? first.now : BEGIN);
  for (const step of steps)
    switch (step.kind) {
      case 'at':
        desk.goTo(step.now);
        break;
      case 'asset':
        desk.book.defineAsset(step.code, step.exponent);
        break;
      case 'ask':
        desk.ask(step.line, step.ask);
        break;
      case 'balance':
        agree(step.line, `the balance of ${step.account}`, step.balance, posted(desk.account(step)));
        break;
      case 'remaining': {
        const hold = desk.book.hold(step.hold);
        agree(step.line, `what remains of ${step.hold}`, `${step.remaining} ${step.status}`, `${hold?.remaining} ${hold?.status}`);
        break;
      }
      case 'totals': {
        const { debitsPosted, debitsHeld, creditsPosted, creditsHeld } = desk.account(step);
        agree(
          step.line,
          `the totals of ${step.account}`,
          step.totals.join(' '),
          [debitsPosted, debitsHeld, creditsPosted, creditsHeld].join(' '),
        );
      }
    }
  return { book: desk.book, journal: desk.journal, transcript: [...desk.lines, '', ...trialBalance(desk.book), ''].join('\n') };
}

/** Where operations are handed in: it keeps the book and the journal. */
class Desk {
  readonly book = new Book();
  readonly journal: LedgerEvent[] = [];
  readonly lines: string[] = [];

  constructor(
    ledger: string,
    private now: number,
  ) {
    this.record([openLedger(this.book, { tenant: 'scenarios', ledger, name: 'Scenario' }, this.now)]);
  }

  /** Time moves on, and the writer gives back what has fallen due. */
  goTo(now: number): void {
    this.now = now;
    for (let due = this.book.firstDue(now); due !== null; due = this.book.firstDue(now)) this.record([expireHold(this.book, due, now)]);
  }

  account({ line, account }: { readonly line: number; readonly account: string }): Account {
    const found = this.book.account(account);
    if (!found) throw new Error(`Line ${line}: there is no account ${account}.`);
    return found;
  }

  ask(line: number, { operation, expected, members }: Ask): void {
    const reading = readOperation(operation, this.now);
    if ('command' in reading) {
      if (reading.command.op === 'group') this.decideGroup(line, reading.command, expected, members);
      else this.decide(line, reading.command, expected);
      return;
    }
    this.lines.push(...refusalLines([operation.op, reading.id ?? []].flat().join(' '), reading.rejection));
    agree(line, 'the result', resultOf(expected), reading.rejection.code);
    members.forEach((member, place) => {
      const code = reading.members?.[place]?.rejection.code;
      agree(line, `operations/${place}`, member.code ?? 'group_failed', code);
    });
  }

  private decide(line: number, command: Command, expected: Expected): void {
    const { events, answer } = decide(this.book, command, this.now);
    this.record(events);
    const asked = `${command.op} ${command.id}`;
    if (answer.replayed) this.lines.push(`      ${asked} answered as in #${answer.event!.position}`);
    else if (answer.status === 'rejected' && !answer.event) this.lines.push(...refusalLines(asked, answer.rejection));
    agree(line, 'the result', resultOf(expected), resultOf(gist(answer, expected)));
  }

  private decideGroup(line: number, group: Group, expected: Expected, members: readonly Expected[]): void {
    const { events, answer } = decideGroup(this.book, group, this.now);
    if (answer.rejection) this.lines.push(...refusalLines('group', answer.rejection));
    else if (events.length === 0) this.lines.push('      group answered as before');
    this.record(events);
    agree(line, 'the result', resultOf(expected), answer.rejection?.code ?? 'applied');
    answer.answers.forEach((member, place) => {
      const fate = members[place]!;
      // Of a failed group only the culprit needs a word of its own.
      const hoped = answer.rejection && fate.code === null ? { ...fate, code: 'group_failed' } : fate;
      agree(line, `operations/${place}`, resultOf(hoped), resultOf(gist(member, hoped)));
    });
  }

  private record(events: readonly LedgerEvent[]): void {
    for (const event of events) {
      this.lines.push(...eventLines(event, this.book));
      this.book.apply(event);
      this.journal.push(event);
    }
  }
}

/** What an answer says; the account only where one is expected. */
function gist(answer: Answer, { account, amount }: Expected): Expected {
  const { replayed } = answer;
  if (answer.status === 'applied') return { replayed, code: null, account: null, amount: amount === null ? null : movedBy(answer.event) };
  const { code } = answer.rejection;
  return { replayed, code, account: account && (answer.rejection.account ?? answer.rejection.field ?? null), amount: null };
}

const movedBy = (event: CommandEvent): bigint | null => (isEntry(event) ? amountOf(event.postings) : null);

const resultOf = ({ replayed, code, account, amount }: Expected): string =>
  [replayed ? 'replayed' : '', code ?? 'applied', account ?? '', amount === null ? '' : `moves ${amount}`]
    .filter((word) => word !== '')
    .join(' ');

function agree(line: number, what: string, expected: unknown, found: unknown): void {
  if (expected !== found) throw new Error(`Line ${line}: ${what} should be ${String(expected)} and is ${String(found)}.`);
}
