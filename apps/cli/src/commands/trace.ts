import { MizanProblem } from '@mizan/client';
import { type Envelope, type ProcessBody, decodeEnvelope, isService } from '@mizan/contracts';
import { type ExitCode, exitCode } from '../exit-code.js';
import { NotFound, WrongUsage } from '../failure.js';
import { wholeNumber } from '../number-flag.js';
import type { Session } from '../session.js';
import type { Cell, Column } from '../table.js';

/** A process may have been asked for by another service's; so many are followed. */
const MAX_PROCESSES = 8;

/** What is said of an event of the journal: everything but its content. */
type Traced = Omit<Envelope, 'data' | 'schemaVersion'>;

interface Line {
  readonly name: string;
  readonly value: Cell;
}

const columns: readonly Column<Line>[] = [
  { title: 'field', cell: ({ name }) => name },
  { title: 'value', cell: ({ value }) => value, gives: true },
];

/** From an event of the journal back to whoever asked: the event says it, or names the process of a service that does. */
export async function trace(session: Session, entry: string | undefined, options: { position?: string }): Promise<ExitCode> {
  if ((entry === undefined) === (options.position === undefined)) throw new WrongUsage('Name an entry by its id, or its --position.');
  const { client, output } = session;
  const ledger = await session.ledger();
  const position = entry === undefined ? wholeNumber('--position', options.position!, 1) : (await client.command(ledger, entry)).position;
  const event = await eventAt(session, ledger, position);
  const { processes, broken } = await processesBehind(session, event);
  if (output.isJson) await output.document({ ledger, event, processes });
  else await output.rows(columns, [...linesOf(event), ...processes.flatMap(linesOfProcess)]);
  if (broken === null) output.note(asked(event, processes));
  else output.say(broken);
  return broken === null ? exitCode.done : exitCode.failed;
}

async function eventAt({ client, world }: Session, ledger: string, position: number): Promise<Traced> {
  for await (const item of client.journal(ledger, { after: position - 1, limit: 1, signal: world.signal })) {
    const { data: _data, schemaVersion: _version, ...event } = decodeEnvelope(item.event);
    return event;
  }
  throw new NotFound(`The journal of ${ledger} has no position ${position} yet.`);
}

/** The process that a service's event belongs to, the one that asked for that, and so on. `broken`: where the way back ends too early. */
async function processesBehind({ client }: Session, event: Traced): Promise<{ processes: ProcessBody[]; broken: string | null }> {
  const processes: ProcessBody[] = [];
  for (let { actor, correlation } = event; isService(actor);) {
    if (correlation === null) return { processes, broken: `${actor} did not say for which process it acted.` };
    if (processes.length === MAX_PROCESSES)
      return { processes, broken: `Processes asked for each other, more than ${MAX_PROCESSES} of them.` };
    try {
      const process = await client.process(correlation);
      processes.push(process);
      ({ actor, correlation } = process.asked);
    } catch (error) {
      if (!(error instanceof MizanProblem)) throw error;
      return { processes, broken: `Who asked ${actor} for ${correlation} cannot be read: ${error.message}` };
    }
  }
  return { processes, broken: null };
}

/** In one sentence. What the ledger does of its own accord is the end of a hold. */
function asked(event: Traced, processes: readonly ProcessBody[]): string {
  const { actor, at } = processes.at(-1)?.asked ?? { actor: event.actor, at: event.recordedAt };
  return event.type === 'HoldExpired' ? 'Nobody asked: the hold had come to its end.' : `Asked by ${actor}, ${at}.`;
}

const linesOf = (event: Traced): Line[] => [
  { name: 'event', value: `${event.stream}@${event.version}` },
  { name: 'type', value: event.type },
  { name: 'recorded', value: { at: event.recordedAt } },
  { name: 'actor', value: event.actor },
  { name: 'correlation', value: event.correlation },
  { name: 'causation', value: event.causation },
];

const linesOfProcess = ({ process, stream, asked: { actor, at, correlation, causation } }: ProcessBody): Line[] => [
  { name: 'process', value: process },
  { name: 'first event', value: `${stream}@1` },
  { name: 'asked at', value: { at } },
  { name: 'asked by', value: actor },
  { name: 'correlation', value: correlation },
  { name: 'causation', value: causation },
];
