import { type EntryBody, type HoldBody, entryBody, holdBody, statusOf } from '@mizan/contracts';
import { type Answer, type Command, type CommandEvent, type Rejection, isCommandId, isEntry, readOperation } from '@mizan/ledger';
import { Problem, readQuery } from '@mizan/platform';
import type { CheckedClock } from '@mizan/writer';
import type { Ask, Reply } from '@mizan/writer/ledger';
import { HttpStatus } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Asking, Handed } from './asking.js';
import type { Ledgers } from '../ledgers.js';
import { foreignId } from './owned-ids.js';

/** Where every command with a route of its own is handed in, and what became of it is looked up. */
export class CommandDesk {
  constructor(
    private readonly ledgers: Ledgers,
    private readonly clock: CheckedClock,
  ) {}

  /** A single route is its operation with the id, and what the path names, filled in. */
  async carryOut(
    ledger: string,
    op: Command['op'],
    named: Readonly<Record<string, string>>,
    { given, asking, reply }: Handed,
    created: HttpStatus,
  ): Promise<CommandEvent> {
    const answer = await this.decide(ledger, this.read(operationOf(op, named, given, asking.idempotencyKey), asking), asking);
    return applied(answer, reply, created);
  }

  /** Releases a hold. The words it was placed with are looked up in the same breath: what was written is never answered as not written. */
  async release(ledger: string, hold: string, { given, asking, reply }: Handed): Promise<HoldBody> {
    const command = this.read(operationOf('release', { hold }, given, asking.idempotencyKey), asking);
    const asks: Ask[] = [
      { kind: 'command', command },
      { kind: 'hold', id: hold },
    ];
    const [answer, found] = (await this.ledgers.ask(asking, ledger, asks)) as [Answer, Reply<Extract<Ask, { kind: 'hold' }>>];
    const event = applied(answer, reply, HttpStatus.OK);
    if (event.type !== 'HoldReleased') throw unexpected(event);
    return holdBody(ledger, event.hold, found!.placed.texts);
  }

  /** Gives an id up. @returns the event that spent it, now or earlier. */
  async cancel(ledger: string, id: string, { given, asking, reply }: Handed): Promise<CommandEvent> {
    if (given !== undefined && !isEmptyObject(given))
      throw new Problem('invalid_operation', 'The path says which id is given up: send no body, or {}.');
    const { event, replayed } = await this.decide(ledger, this.read({ op: 'cancel', id }, asking), asking);
    if (event === null) throw new Error('A cancelled id was answered without the event that spent it.');
    if (replayed) markReplayed(reply);
    return event;
  }

  /** @throws Problem for a command that is misread, or whose id is another's. */
  private read(operation: unknown, { prefixes }: Asking): Command {
    const reading = readOperation(operation, this.clock.now());
    if ('rejection' in reading) throw refusal(reading.rejection);
    const command = reading.command as Command;
    const why = foreignId(command, prefixes);
    if (why !== null) throw new Problem('forbidden', why, { field: 'id' });
    return command;
  }

  private async decide(ledger: string, command: Command, asking: Asking): Promise<Answer> {
    const [answer] = await this.ledgers.ask(asking, ledger, [{ kind: 'command', command }]);
    return answer!;
  }

  async lookUp<A extends Lookup>(ledger: string, ask: A, query: unknown, asking: Asking): Promise<Reply<A> | null> {
    readQuery(query, {});
    if (!isCommandId(ask.id)) return null;
    const [found] = await this.ledgers.ask(asking, ledger, [ask]);
    return found!;
  }
}

type Lookup = Extract<Ask, { kind: 'lookup' | 'hold' | 'entry' }>;

/** The event of a command that was applied, now or the first time. @throws Problem where it was refused. */
function applied(answer: Answer, reply: FastifyReply, created: HttpStatus): CommandEvent {
  if (answer.replayed) markReplayed(reply);
  if (answer.status === 'rejected') throw refusal(answer.rejection);
  void reply.code(answer.replayed ? HttpStatus.OK : created);
  return answer.event;
}

const markReplayed = (reply: FastifyReply): void => void reply.header('idempotency-replayed', 'true');

const isEmptyObject = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && !Array.isArray(given) && Object.keys(given).length === 0;

/** The entry that a command posted. */
export function entryOf(ledger: string, event: CommandEvent): EntryBody {
  if (!isEntry(event)) throw unexpected(event);
  return entryBody(ledger, event);
}

export const unexpected = ({ type, position }: CommandEvent): Error =>
  new Error(`The ${type} at ${position} does not answer this command.`);

function operationOf(op: Command['op'], named: Readonly<Record<string, string>>, given: unknown, key: string | null): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Problem('invalid_operation', 'The body is a JSON object.');
  const stray = ['op', ...Object.keys(named)].find((field) => Object.hasOwn(given, field));
  if (stray !== undefined)
    throw new Problem('invalid_operation', `The path says the ${stray} already; leave it out of the body.`, { field: stray });
  return { ...(key === null ? {} : { id: key }), ...given, op, ...named };
}

/** A rule's no as a problem document; a fault of shape also by its JSON pointer. */
function refusal({ code, detail, account, field }: Rejection): Problem {
  const errors = statusOf(code) === 400 && field !== undefined ? [{ pointer: `/${field}`, detail }] : undefined;
  return new Problem(code, detail, { account, field, errors });
}
