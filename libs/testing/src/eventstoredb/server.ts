import { once } from 'node:events';
import { type AddressInfo, type Server as Listener, type Socket, createServer } from 'node:net';
import { type ConnectionInjector, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { failure } from './answers.js';
import { append, batchAppend } from './append-calls.js';
import { EventLog } from './event-log.js';
import { Faults } from './faults.js';
import type { ServerSide } from './node.js';
import { read } from './read-calls.js';
import { GossipService, ServerFeaturesService, StreamsService, features, gossip, shared } from './stubs.js';

const HOST = '127.0.0.1';
const [FOLLOWER, LEADER] = [6, 8];

export interface EventStoreDbOptions {
  /** Where its log lies. A server that starts on it again has what was there. */
  readonly directory: string;
  /** The ports of its nodes; 0 takes a free one. One node unless more are named; the first leads. */
  readonly ports?: readonly number[];
  /** Certificate and key in PEM: then TLS, and only with these credentials. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Whom it lets in, where it asks. */
  readonly user?: { readonly name: string; readonly password: string };
  readonly kill?: () => void;
}

/** A server that speaks the protocol as we believe it to be. */
export interface EventStoreDb {
  /** The connection string. */
  readonly url: string;
  readonly ports: readonly number[];
  readonly log: EventLog;
  readonly faults: Faults;
  /** Another node leads from now on. */
  elect(node: number): void;
  /** Breaks every connection, or those to one node. */
  drop(node?: number): void;
  /** Reads and subscriptions that have not ended. */
  openReads(): number;
  stop(): Promise<void>;
}

export async function startEventStoreDb(options: EventStoreDbOptions): Promise<EventStoreDb> {
  const log = new EventLog(options.directory);
  const faults = new Faults();
  const sockets = new Map<string, { socket: Socket; node: number }>();
  const authorization = options.user && `Basic ${Buffer.from(`${options.user.name}:${options.user.password}`).toString('base64')}`;
  let leader = 0;
  const ports: number[] = [];
  const server: ServerSide = {
    log,
    faults,
    reading: new Set(),
    admits: (given) => authorization === undefined || given === authorization,
    leader: () => ({ host: HOST, port: ports[leader]! }),
    leads: (peer) => sockets.get(peer)?.node === leader,
    drop: (peer) => void sockets.get(peer)?.socket.destroy(),
    kill: options.kill ?? (() => undefined),
  };
  const grpc = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
  grpc.addService(StreamsService, { read: read(server), append: append(server), batchAppend: batchAppend(server) });
  grpc.addService(ServerFeaturesService, {
    getSupportedMethods: (_call: unknown, answer: (error: Error | null, methods: unknown) => void) => {
      const fault = faults.take('features');
      if (fault) answer(failure(status.INTERNAL, 'The server cannot say what it supports.'), null);
      else answer(null, supported());
    },
  });
  grpc.addService(GossipService, {
    read: (_call: unknown, answer: (error: null, cluster: unknown) => void) => answer(null, cluster(ports, leader)),
  });
  const credentials = options.tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(options.tls.certificate), private_key: Buffer.from(options.tls.key) }])
    : ServerCredentials.createInsecure();
  const injector: ConnectionInjector = grpc.createConnectionInjector(credentials);
  const listeners: Listener[] = [];
  for (const [node, port] of (options.ports ?? [0]).entries()) {
    const listener = createServer((socket) => {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      sockets.set(peer, { socket, node });
      socket.on('close', () => sockets.delete(peer));
      socket.on('error', () => undefined);
      injector.injectConnection(socket);
    });
    listener.listen(port, HOST);
    await once(listener, 'listening');
    listeners.push(listener);
    ports.push((listener.address() as AddressInfo).port);
  }
  const drop = (only?: number): void => {
    for (const { socket, node } of sockets.values()) if (only === undefined || node === only) socket.destroy();
  };
  const user = options.user ? `${options.user.name}:${options.user.password}@` : '';
  return {
    url: `esdb://${user}${ports.map((port) => `${HOST}:${port}`).join(',')}?tls=${Boolean(options.tls)}`,
    ports,
    log,
    faults,
    elect: (node) => (leader = node),
    drop,
    openReads: () => server.reading.size,
    stop: async () => {
      for (const listener of listeners) listener.close();
      grpc.forceShutdown();
      injector.destroy();
      drop();
      log.close();
    },
  };
}

function supported(): InstanceType<typeof features.SupportedMethods> {
  const methods = new features.SupportedMethods().setEventStoreServerVersion('24.2.0');
  for (const name of ['read', 'append', 'batchappend'])
    methods.addMethods(new features.SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name));
  return methods;
}

function cluster(ports: readonly number[], leader: number): InstanceType<typeof gossip.ClusterInfo> {
  const members = ports.map((port, node) =>
    new gossip.MemberInfo()
      .setInstanceId(new shared.UUID().setString(`00000000-0000-4000-8000-${String(node).padStart(12, '0')}`))
      .setTimeStamp(String(Date.now()))
      .setState((node === leader ? LEADER : FOLLOWER) as never)
      .setIsAlive(true)
      .setHttpEndPoint(new gossip.EndPoint().setAddress(HOST).setPort(port)),
  );
  return new gossip.ClusterInfo().setMembersList(members);
}
