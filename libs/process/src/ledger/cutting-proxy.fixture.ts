import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** Stands between a caller and a server, and cuts connections: before a request goes out, or after it went out and before its answer is back. */
export async function cuttingProxy(target: string, choose: () => 'pass' | 'before' | 'after') {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const cuts = { before: 0, after: 0 };
  const server = createServer((caller) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [caller, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => open.delete(socket));
    }
    let deaf = false;
    caller.on('data', (request) => {
      const choice = choose();
      if (choice === 'before') {
        cuts.before += 1;
        caller.destroy();
        upstream.destroy();
        return;
      }
      upstream.write(request);
      if (choice === 'pass') return;
      cuts.after += 1;
      // The server answers, and nobody is there to hear it.
      deaf = true;
      caller.destroy();
    });
    upstream.on('data', (answer) => {
      if (deaf) upstream.end();
      else caller.write(answer);
    });
    upstream.on('close', () => caller.destroy());
    caller.on('close', () => deaf || upstream.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts,
    stop: (): void => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
