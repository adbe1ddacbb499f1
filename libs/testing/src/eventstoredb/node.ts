import { type Metadata, status } from '@grpc/grpc-js';
import { failure, notLeader } from './answers.js';
import type { EventLog } from './event-log.js';
import type { Fault, Faults, FaultyCall } from './faults.js';

/** What a call needs to know of the server it reached. */
export interface ServerSide {
  readonly log: EventLog;
  readonly faults: Faults;
  /** Reads and subscriptions that have not ended. */
  readonly reading: Set<unknown>;
  /** The node that leads. */
  leader(): { readonly host: string; readonly port: number };
  /** Whether the node that this caller reached leads. */
  leads(peer: string): boolean;
  /** Whether the caller may come in with this header. */
  admits(authorization: string | undefined): boolean;
  /** Breaks the caller's connection. */
  drop(peer: string): void;
  /** SIGKILL to the own process, where it has one. */
  kill(): void;
}

/**
 * What every call begins with. Slowness happens here.
 * @returns the fault that the call has to carry out.
 * @throws what the caller is to be told instead of an answer.
 */
export async function entered(
  server: ServerSide,
  call: { readonly metadata: Metadata; getPeer(): string },
  kind: FaultyCall,
): Promise<Fault | undefined> {
  if (!server.admits(call.metadata.get('authorization')[0]?.toString()))
    throw failure(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
  const fault = server.faults.take(kind);
  if (fault?.does === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
  if (fault?.does === 'kill before') server.kill();
  const requiresLeader = call.metadata.get('requires-leader')[0] === 'true';
  if (fault?.does === 'not leader' || (requiresLeader && !server.leads(call.getPeer())))
    throw notLeader(server.leader().host, server.leader().port);
  if (fault?.does === 'stream error') throw failure(status.UNKNOWN, 'The call broke.');
  return fault;
}
