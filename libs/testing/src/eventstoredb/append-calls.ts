import { type ServerDuplexStream, type ServerReadableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import { MAX_APPEND_BYTES, answerToOne, appendSize, batchAnswer, batchTooLarge, failure } from './answers.js';
import type { Expected, Outcome, Proposed } from './event-log.js';
import type { Fault } from './faults.js';
import { type ServerSide, entered } from './node.js';
import { shared, streams } from './stubs.js';

type BatchRequest = InstanceType<typeof streams.BatchAppendReq>;
type BatchAnswer = InstanceType<typeof streams.BatchAppendResp>;
type OneRequest = InstanceType<typeof streams.AppendReq>;
type OneAnswer = InstanceType<typeof streams.AppendResp>;

interface Gathering {
  readonly stream: string;
  readonly expected: Expected;
  readonly deadlineMs: number;
  readonly events: Proposed[];
}

/** Many appends on one stream of messages, each answered by its own id. */
export function batchAppend(server: ServerSide): (call: ServerDuplexStream<BatchRequest, BatchAnswer>) => void {
  return (call) => {
    const gathering = new Map<string, Gathering>();
    call.on('data', (request: BatchRequest) => {
      const correlation = uuidOf(request.getCorrelationId()!);
      const options = request.getOptions();
      if (options)
        gathering.set(correlation, {
          stream: nameOf(options.getStreamIdentifier()!),
          expected: expectedOf(options.hasAny() || options.hasStreamExists(), options.hasNoStream(), options.getStreamPosition()),
          deadlineMs: options.getDeadline()?.toDate().getTime() ?? Infinity,
          events: [],
        });
      const append = gathering.get(correlation);
      if (!append) return;
      append.events.push(...request.getProposedMessagesList().map(proposedOf));
      if (appendSize(append.events) > MAX_APPEND_BYTES) {
        gathering.delete(correlation);
        call.write(batchTooLarge(correlation, append.stream));
      } else if (request.getIsFinal()) {
        gathering.delete(correlation);
        // What is thrown ends the whole stream, and every append on it hears of it.
        answerBatch(server, call, correlation, append).catch((error: unknown) => call.emit('error', error));
      }
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  };
}

async function answerBatch(
  server: ServerSide,
  call: ServerDuplexStream<BatchRequest, BatchAnswer>,
  correlation: string,
  { stream, expected, events, deadlineMs }: Gathering,
): Promise<void> {
  const fault = await entered(server, call, 'append');
  if (fault?.does === 'stream end') return void call.end();
  if (fault?.does === 'drop before') return server.drop(call.getPeer());
  if (Date.now() > deadlineMs) return;
  const outcome = await server.log.append(stream, expected, events, fault?.does === 'slow disk' ? fault.ms : undefined);
  if (unanswered(server, fault, call.getPeer())) return;
  call.write(batchAnswer(correlation, stream, told(outcome, fault), expected));
}

/** A call for one append: its head first, then one message an event. */
export function append(server: ServerSide): (call: ServerReadableStream<OneRequest, OneAnswer>, answer: sendUnaryData<OneAnswer>) => void {
  return (call, answer) => {
    const events: Proposed[] = [];
    let head: { stream: string; expected: Expected } | undefined;
    call.on('data', (request: OneRequest) => {
      const options = request.getOptions();
      if (options)
        head = {
          stream: nameOf(options.getStreamIdentifier()!),
          expected: expectedOf(options.hasAny() || options.hasStreamExists(), options.hasNoStream(), options.getRevision()),
        };
      else events.push(proposedOf(request.getProposedMessage()!));
    });
    call.on('end', () => {
      answerOne(server, call, answer, head!, events).catch((error: Error) => answer(error));
    });
    call.on('error', () => undefined);
  };
}

async function answerOne(
  server: ServerSide,
  call: ServerReadableStream<OneRequest, OneAnswer>,
  answer: sendUnaryData<OneAnswer>,
  { stream, expected }: { stream: string; expected: Expected },
  events: readonly Proposed[],
): Promise<void> {
  if (appendSize(events) > MAX_APPEND_BYTES)
    throw failure(status.INVALID_ARGUMENT, `Maximum Append Size of ${MAX_APPEND_BYTES} Exceeded.`, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(MAX_APPEND_BYTES),
    });
  const fault = await entered(server, call, 'append');
  if (fault?.does === 'stream end') throw failure(status.CANCELLED, 'The call was ended.');
  if (fault?.does === 'drop before') return server.drop(call.getPeer());
  if (call.cancelled) return;
  const outcome = await server.log.append(stream, expected, events, fault?.does === 'slow disk' ? fault.ms : undefined);
  if (unanswered(server, fault, call.getPeer())) return;
  answer(null, answerToOne(told(outcome, fault), expected));
}

function unanswered(server: ServerSide, fault: Fault | undefined, peer: string): boolean {
  if (fault?.does === 'kill after') server.kill();
  if (fault?.does === 'drop after') server.drop(peer);
  return fault?.does === 'drop after' || fault?.does === 'no answer';
}

const told = (outcome: Outcome, fault: Fault | undefined): Outcome =>
  fault?.does === 'wrong revision' && outcome.status !== 'wrong version'
    ? { ...outcome, last: { ...outcome.last, revision: outcome.last.revision + 7 } }
    : outcome;

const expectedOf = (any: boolean, noStream: boolean, revision: string): Expected => (any ? 'any' : noStream ? -1 : Number(revision));

export const nameOf = (stream: InstanceType<typeof shared.StreamIdentifier>): string =>
  Buffer.from(stream.getStreamName_asU8()).toString('utf8');

function proposedOf(message: InstanceType<typeof streams.AppendReq.ProposedMessage>): Proposed;
function proposedOf(message: InstanceType<typeof streams.BatchAppendReq.ProposedMessage>): Proposed;
function proposedOf(
  message: InstanceType<typeof streams.BatchAppendReq.ProposedMessage> | InstanceType<typeof streams.AppendReq.ProposedMessage>,
): Proposed {
  const about = message.getMetadataMap();
  return {
    id: uuidOf(message.getId()!),
    type: about.get('type') ?? '',
    contentType: about.get('content-type') ?? '',
    metadata: message.getCustomMetadata_asU8(),
    data: message.getData_asU8(),
  };
}

/** As text, also where a client sends it in two halves. */
export function uuidOf(uuid: InstanceType<typeof shared.UUID>): string {
  const halves = uuid.getStructured();
  if (!halves) return uuid.getString();
  const hex = [halves.getMostSignificantBits(), halves.getLeastSignificantBits()]
    .map((half) => BigInt.asUintN(64, BigInt(half)).toString(16).padStart(16, '0'))
    .join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
