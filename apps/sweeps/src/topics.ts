import { journalKinds, topicOf } from '@mizan/contracts';
import type { EventStore } from '@mizan/event-store';
import { type Hearing, JournalOwners, type Saying, feedOfService } from '@mizan/messaging/service';
import type { ProcessLoop, Runner } from '@mizan/process';
import { Arrivals } from './arrivals.js';
import type { SweepsEnvironment } from './environment.js';
import type { Sweep, SweepEvent } from './sweep.js';

/** What this service hears: the journal, in which amounts arrive. */
export function theJournal(environment: SweepsEnvironment, loop: ProcessLoop<Sweep, SweepEvent>): Hearing {
  const { TRANSFERS_URL, BUS, KAFKA_BROKERS } = environment;
  const feed = feedOfService(TRANSFERS_URL, environment);
  const owners = new JournalOwners(async (stream) => (await feed.stream(stream, 0, 1))[0]?.event);
  const arrivals = new Arrivals(loop, (stream) => owners.of(stream));
  return {
    name: 'journal',
    topic: topicOf('transfers'),
    feed,
    kinds: journalKinds,
    schema: 'sweeps',
    consumer: 'sweeps',
    bus: BUS,
    brokers: KAFKA_BROKERS,
    into: { handle: (event) => arrivals.heard(event), refused: 'halt' },
    called: 'The sweeps',
  };
}

/** What this service says: its own streams, each of which is a sweep in a ledger of a tenant. */
export function sweepsSaid({ BUS, KAFKA_BROKERS }: SweepsEnvironment, store: EventStore, runner: Runner<Sweep, SweepEvent>): Saying {
  const whose = async (stream: string) => {
    const { tenant = null, ledger = null } = (await runner.read(stream)).state.arrival ?? {};
    return { tenant, ledger };
  };
  return { service: 'sweeps', topic: topicOf('sweeps'), store, texts: async () => new Map(), whose, bus: BUS, brokers: KAFKA_BROKERS };
}
