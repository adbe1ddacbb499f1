// A server of EventStoreDB's protocol as its own process: node main.js --directory <where its log lies> [--port <0: any>]
// Prints one line of JSON: its connection string, its port, and that of its control interface: POST /faults with a list
// of faults, which says how many wait for their call then.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import type { Fault } from './faults.js';
import { startEventStoreDb } from './server.js';

const { values } = parseArgs({ options: { directory: { type: 'string' }, port: { type: 'string', default: '0' } } });
if (!values.directory) throw new Error('Say where its log lies: --directory <path>');

const server = await startEventStoreDb({
  directory: values.directory,
  ports: [Number(values.port)],
  kill: () => process.kill(process.pid, 'SIGKILL'),
});
const control = createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/faults') return void response.writeHead(404).end();
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    server.faults.inject(...(JSON.parse(body) as Fault[]));
    response.end(JSON.stringify({ waiting: server.faults.count }));
  });
});
control.listen(0, '127.0.0.1');
await once(control, 'listening');
console.log(JSON.stringify({ url: server.url, port: server.ports[0], control: (control.address() as AddressInfo).port }));

const stop = (): void => {
  control.close();
  control.closeAllConnections();
  void server.stop().then(() => process.exit(0));
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
// Started by another process, it ends with it.
if (process.send) process.on('disconnect', stop);
