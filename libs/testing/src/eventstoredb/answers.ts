import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Expected, Outcome, Proposed, Recorded } from './event-log.js';
import { rpcStatus, shared, streams } from './stubs.js';

/** What one append may hold, by the server's default: data, metadata and the type in UTF-16. */
export const MAX_APPEND_BYTES = 1024 * 1024;

export function appendSize(events: readonly Proposed[]): number {
  return events.reduce((sum, { data, metadata, type }) => sum + data.length + metadata.length + type.length * 2, 0);
}

const TICKS_PER_MS = 10_000n;

type Failure = Partial<StatusObject> & Error;

export function failure(code: number, details: string, trailers: Record<string, string> = {}): Failure {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return Object.assign(new Error(details), { code, details, metadata });
}

export const notLeader = (host: string, port: number): Failure =>
  failure(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': String(port),
  });

/** An answer on the stream that many appends share. */
export function batchAnswer(
  correlation: string,
  stream: string,
  outcome: Outcome,
  expected: Expected,
): InstanceType<typeof streams.BatchAppendResp> {
  const answer = answerTo(correlation, stream);
  if (outcome.status === 'wrong version') {
    const wrong = new shared.WrongExpectedVersion();
    if (outcome.current < 0) wrong.setCurrentNoStream(new empty.Empty());
    else wrong.setCurrentStreamRevision(String(outcome.current));
    if (expected === 'any') wrong.setExpectedAny(new empty.Empty());
    else if (expected < 0) wrong.setExpectedNoStream(new empty.Empty());
    else wrong.setExpectedStreamPosition(String(expected));
    return answer.setError(detailed(6, 'WrongExpectedVersion', wrong.serializeBinary(), 'event_store.client.WrongExpectedVersion'));
  }
  const success = new streams.BatchAppendResp.Success();
  success.setCurrentRevision(String(outcome.last.revision));
  success.setPosition(positionOf(outcome.last));
  return answer.setSuccess(success);
}

export function batchTooLarge(correlation: string, stream: string): InstanceType<typeof streams.BatchAppendResp> {
  const details = new shared.MaximumAppendSizeExceeded().setMaxappendsize(MAX_APPEND_BYTES);
  return answerTo(correlation, stream).setError(
    detailed(3, 'MaximumAppendSizeExceeded', details.serializeBinary(), 'event_store.client.MaximumAppendSizeExceeded'),
  );
}

function answerTo(correlation: string, stream: string): InstanceType<typeof streams.BatchAppendResp> {
  return new streams.BatchAppendResp()
    .setCorrelationId(new shared.UUID().setString(correlation))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)));
}

function detailed(code: number, message: string, bytes: Uint8Array, type: string): InstanceType<typeof rpcStatus.Status> {
  const details = new any.Any();
  details.pack(bytes, type);
  return new rpcStatus.Status()
    .setCode(code as never)
    .setMessage(message)
    .setDetails(details);
}

/** The answer of a call that holds one append. */
export function answerToOne(outcome: Outcome, expected: Expected): InstanceType<typeof streams.AppendResp> {
  if (outcome.status === 'wrong version') {
    const wrong = new streams.AppendResp.WrongExpectedVersion();
    if (outcome.current < 0) wrong.setCurrentNoStream(new shared.Empty());
    else wrong.setCurrentRevision(String(outcome.current));
    if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
    else if (expected < 0) wrong.setExpectedNoStream(new shared.Empty());
    else wrong.setExpectedRevision(String(expected));
    return new streams.AppendResp().setWrongExpectedVersion(wrong);
  }
  const position = new streams.AppendResp.Position()
    .setCommitPosition(String(outcome.last.position))
    .setPreparePosition(String(outcome.last.position));
  const success = new streams.AppendResp.Success().setCurrentRevision(String(outcome.last.revision)).setPosition(position);
  return new streams.AppendResp().setSuccess(success);
}

const positionOf = ({ position }: Recorded): InstanceType<typeof shared.AllStreamPosition> =>
  new shared.AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position));

export function readEvent(event: Recorded): InstanceType<typeof streams.ReadResp> {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(event.id))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(event.stream)))
    .setStreamRevision(String(event.revision))
    .setCommitPosition(String(event.position))
    .setPreparePosition(String(event.position))
    .setCustomMetadata(event.metadata)
    .setData(event.data);
  const about = recorded.getMetadataMap();
  about.set('type', event.type);
  about.set('content-type', event.contentType);
  about.set('created', String(BigInt(event.createdMs) * TICKS_PER_MS));
  const read = new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(event.position));
  return new streams.ReadResp().setEvent(read);
}

export const checkpoint = (position: number): InstanceType<typeof streams.ReadResp> =>
  new streams.ReadResp().setCheckpoint(
    new streams.ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(position)),
  );

export const caughtUp = (): InstanceType<typeof streams.ReadResp> => new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());

export const confirmation = (id: string): InstanceType<typeof streams.ReadResp> =>
  new streams.ReadResp().setConfirmation(new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(id));

export const streamNotFound = (stream: string): InstanceType<typeof streams.ReadResp> =>
  new streams.ReadResp().setStreamNotFound(
    new streams.ReadResp.StreamNotFound().setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream))),
  );
