import { InMemoryEventStore } from '@mizan/event-store';
import type { Decision } from '../approval.js';
import { defaultBounds } from '../bounds.js';
import type { Json } from '../definition.js';
import { InMemoryTimers } from '../in-memory-timers.js';
import { type Message, Runner } from '../runner.js';
import { Checker } from './checker.js';
import { between, chance, oneOf } from './chance.js';
import { Node } from './node.js';
import type { Mistake, Subject } from './subject.js';
import { TRIAL, Witness, envelopeFaults, eventsOf } from './witness.js';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 5, 9);
/** More turns than any schedule needs to come to rest. */
const CALM_TURNS = 3_000;
const CALM_DECISIONS = 8;

interface Errand {
  readonly process: string;
  readonly message?: Message;
  readonly decision?: Decision;
  taken: boolean;
}

/**
 * Plays one seeded schedule: two instances under misfortune, then calm until all is over.
 * @returns what is wrong afterwards; nothing where every promise held.
 */
export async function playSchedule<S, E extends Json>(
  { definition, makeWorld }: Subject<S, E>,
  seed: number,
  mistake: Mistake = {},
): Promise<readonly string[]> {
  const draw = chance(seed);
  const world = makeWorld(draw);
  const store = new InMemoryEventStore();
  const timers = new InMemoryTimers();
  const checker = new Checker(draw);
  const late: (() => Promise<unknown>)[] = [];
  let now = START;
  let rough = true;
  const clock = (): number => now;
  const witness = new Witness(world, store, clock);

  const start = (): { node: Node; runner: Runner<S, E>; ticking: boolean } => {
    const node = new Node({ draw, store, calls: witness, timers, clock, late, rough: () => rough, holdsLease });
    const ports = mistake.wrapPorts?.(node.ports) ?? node.ports;
    return { node, runner: mistake.makeRunner?.(definition, ports) ?? new Runner(TRIAL, definition, ports), ticking: false };
  };
  // A holder that was taken over may believe in its lease a little longer.
  const holdsLease = (node: Node): boolean => node === instances[holder]!.node || (rough && draw() < 0.3);
  let holder = 0;
  const instances = [start(), start()];
  const observer = new Runner(
    TRIAL,
    definition,
    { store, calls: witness, timers, clock, lease: { held: async () => false } },
    defaultBounds,
  );

  const processes = [...new Set(world.messages.map(({ process }) => process))];
  const errands: Errand[] = world.messages.map((sent) => ({ ...sent, taken: false }));

  const run = (errand: Errand): void => {
    const { process, message, decision } = errand;
    const { runner } = oneOf(draw, instances);
    const going = decision ? runner.decide(process, decision) : runner.receive(process, message!);
    going.then(
      () => (errand.taken = true),
      () => {},
    );
  };
  const tick = (instance: (typeof instances)[number]): void => {
    if (instance.ticking) return;
    instance.ticking = true;
    const over = (): unknown => (instance.ticking = false);
    instance.runner.takeDue().then(over, over);
  };
  const replaceDead = (): void => {
    for (const [place, { node }] of instances.entries())
      if (node.dead) {
        instances[place] = start();
        holder = 1 - place;
      }
  };
  const release = (): boolean => {
    const waiting = instances.flatMap(({ node }) => (node.waiting.length > 0 ? [node.waiting] : []));
    if (waiting.length === 0) return false;
    const queue = oneOf(draw, waiting);
    queue.splice(between(draw, 0, queue.length - 1), 1)[0]!.go();
    return true;
  };
  const arrive = async (): Promise<void> => {
    if (late.length > 0) await late.splice(between(draw, 0, late.length - 1), 1)[0]!().catch(() => {});
  };

  const ask = async (process: string): Promise<void> => {
    const decision = checker.decide(await observer.read(process));
    if (decision) errands.push({ process, decision, taken: false });
  };

  for (let turns = between(draw, 30, 110); turns > 0; turns -= 1) {
    const kind = draw();
    if (kind < 0.6 && release()) await settled();
    else if (kind < 0.75) run(oneOf(draw, errands));
    else if (kind < 0.86) tick(oneOf(draw, instances));
    else if (kind < 0.89) now += between(draw, 1, 2 * DAY_MS);
    else if (kind < 0.9) now -= between(draw, 1, DAY_MS);
    else if (kind < 0.92) holder = 1 - holder;
    else if (kind < 0.93) oneOf(draw, instances).node.die();
    else if (kind < 0.945) world.disturb(draw);
    else if (kind < 0.96) await arrive();
    else if (kind < 0.97)
      oneOf(draw, instances)
        .runner.advance(oneOf(draw, processes))
        .catch(() => {});
    else await ask(oneOf(draw, processes));
    replaceDead();
  }

  rough = false;
  let decisions = CALM_DECISIONS;
  let turns = CALM_TURNS;
  for (; turns > 0; turns -= 1) {
    if (release()) await settled();
    else if (late.length > 0) await arrive();
    else {
      if (decisions > 0 && draw() < 0.8) {
        decisions -= 1;
        for (const process of processes) await ask(process);
      }
      const waiting = errands.filter(({ taken }) => !taken);
      for (const errand of waiting) run(errand);
      await settled();
      if (waiting.length > 0) continue;
      const [first] = await timers.due(Infinity, 1);
      if (!first && !instances.some(({ ticking }) => ticking)) break;
      if (first) now = Math.max(now, first.at);
      tick(instances[holder]!);
      await settled();
    }
  }

  const faults = [...witness.faults];
  if (turns === 0) faults.push('the processes do not come to rest');
  const ends = await Promise.all(processes.map((process) => observer.read(process)));
  for (const end of ends) {
    if (!end.ended && !world.isOver(end.state)) faults.push(`${end.id} is not over, and nothing will go on with it`);
    const events = await eventsOf(store, end.id);
    faults.push(
      ...checker.faults(
        end.id,
        events.map(({ event }) => event),
      ),
      ...envelopeFaults(end.id, events),
    );
  }
  return [...faults, ...world.faults(ends)];
}

/** Until every promise that can go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
