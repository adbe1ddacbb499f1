import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { caughtUp, checkpoint, confirmation, readEvent, streamNotFound } from './answers.js';
import { nameOf } from './append-calls.js';
import type { Recorded } from './event-log.js';
import { type ServerSide, entered } from './node.js';
import type { streams } from './stubs.js';

type Request = InstanceType<typeof streams.ReadReq>;
type Options = InstanceType<typeof streams.ReadReq.Options>;
type Answer = InstanceType<typeof streams.ReadResp>;
type Call = ServerWritableStream<Request, Answer>;

const BACKWARDS = 1;
/** What a call that has ended says, each way it can end. */
const ENDS = ['cancelled', 'close', 'finish'];
/** How many events the server looks at before it says how far it has come, where the filter names no window. */
const SEARCH_WINDOW = 32;

/** Streams and all, forwards and backwards, and catch-up subscriptions to all. */
export function read(server: ServerSide): (call: Call) => void {
  return (call) => {
    call.on('error', () => undefined);
    server.reading.add(call);
    for (const event of ENDS) call.on(event, () => server.reading.delete(call));
    void answer(server, call).catch((error: Error) => {
      if (!call.cancelled) call.emit('error', error);
    });
  };
}

async function answer(server: ServerSide, call: Call): Promise<void> {
  const options = call.request.getOptions()!;
  const fault = await entered(server, call, options.hasSubscription() ? 'subscription' : 'read');
  if (fault?.does === 'drop before') return server.drop(call.getPeer());
  if (fault?.does === 'no answer') return;
  if (options.hasSubscription()) await subscribe(server, call, options, fault?.does === 'drop after');
  else {
    const events = options.hasStream() ? ofStream(server, options) : ofAll(server, options);
    if (!events) await send(call, streamNotFound(nameOf(options.getStream()!.getStreamIdentifier()!)));
    for (const event of events ?? []) {
      if (!(await send(call, readEvent(event)))) return;
      if (fault?.does === 'drop after') return server.drop(call.getPeer());
    }
    call.end();
  }
}

/** Undefined: no such stream. */
function ofStream({ log }: ServerSide, options: Options): Iterable<Recorded> | undefined {
  const from = options.getStream()!;
  const events = log.stream(nameOf(from.getStreamIdentifier()!));
  const count = Number(options.getCount());
  if (options.getReadDirection() !== BACKWARDS) {
    const start = from.hasRevision() ? Number(from.getRevision()) : from.hasEnd() ? Infinity : 0;
    return events?.slice(start, start + count);
  }
  const last = from.hasRevision() ? Number(from.getRevision()) : from.hasStart() ? 0 : Infinity;
  return events
    ?.slice(0, last + 1)
    .slice(-count)
    .toReversed();
}

function* ofAll({ log }: ServerSide, options: Options): Iterable<Recorded> {
  const from = options.getAll()!;
  const start = from.hasEnd() ? log.size : from.hasStart() ? 0 : log.indexAt(Number(from.getPosition()!.getCommitPosition()));
  const backwards = options.getReadDirection() === BACKWARDS;
  const wanted = filterOf(options);
  let count = Number(options.getCount());
  for (let index = backwards ? start - 1 : start; count > 0; index += backwards ? -1 : 1) {
    const event = log.eventAt(index);
    if (!event) return;
    if (!wanted(event)) continue;
    yield event;
    count -= 1;
  }
}

/** What is there after the position, a word that this was all, and then what comes. Ends with the call. */
async function subscribe(server: ServerSide, call: Call, options: Options, dropAfterFirst: boolean): Promise<void> {
  const { log } = server;
  const ended = new AbortController();
  for (const event of ENDS) call.on(event, () => ended.abort());
  const from = options.getAll()!;
  const wanted = filterOf(options);
  const filter = options.getFilter();
  const window = (filter?.getMax() || SEARCH_WINDOW) * (filter?.getCheckpointintervalmultiplier() || 1);
  await send(call, confirmation(randomUUID()));
  // A position is where to go on after.
  let index = from.hasEnd() ? log.size : from.hasStart() ? 0 : log.indexAt(Number(from.getPosition()!.getCommitPosition()) + 1);
  let [looked, live] = [0, false];
  while (!ended.signal.aborted) {
    const event = log.eventAt(index);
    if (!event) {
      const last = log.eventAt(index - 1);
      if (last && looked > 0) await send(call, checkpoint(last.position));
      looked = 0;
      if (!live) await send(call, caughtUp());
      live = true;
      await log.more(index, ended.signal);
      continue;
    }
    index += 1;
    looked += 1;
    if (wanted(event)) {
      if (!(await send(call, readEvent(event)))) return;
      if (dropAfterFirst) return server.drop(call.getPeer());
    } else if (looked % window === 0) await send(call, checkpoint(event.position));
  }
}

function filterOf(options: Options): (event: Recorded) => boolean {
  const filter = options.getFilter();
  if (!filter) return () => true;
  const expression = filter.getStreamIdentifier() ?? filter.getEventType()!;
  const textOf = filter.hasStreamIdentifier() ? ({ stream }: Recorded) => stream : ({ type }: Recorded) => type;
  const prefixes = expression.getPrefixList();
  const regex = expression.getRegex() === '' ? null : new RegExp(expression.getRegex());
  return (event) => (regex ? regex.test(textOf(event)) : prefixes.some((prefix) => textOf(event).startsWith(prefix)));
}

/** Waits where the reader is slow. @returns false once the call has ended. */
async function send(call: Call, message: Answer): Promise<boolean> {
  if (call.cancelled || call.destroyed) return false;
  if (call.write(message)) return true;
  const ended = new AbortController();
  const end = (): void => ended.abort();
  for (const event of ENDS) call.once(event, end);
  await once(call, 'drain', { signal: ended.signal }).catch(() => undefined);
  for (const event of ENDS) call.off(event, end);
  return !call.cancelled && !call.destroyed;
}
