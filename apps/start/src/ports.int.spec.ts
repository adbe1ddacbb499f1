import { createServer } from 'node:net';
import { once } from 'node:events';
import { freePort } from '@mizan/embedded';
import { byHolder } from './port-holder.js';
import { choosePorts, defaultPorts } from './ports.js';
import { exitCodes } from './start-problem.js';

async function listening(port: number): Promise<{ close(): Promise<unknown> }> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { close: () => once(server.close(), 'close') };
}

it('gives every server a port of its own', async () => {
  for (const gateway of [undefined, 0]) {
    const ports = Object.values(await choosePorts(gateway));
    expect(new Set(ports).size).toBe(Object.keys(defaultPorts).length);
  }
});

it('takes the port that was asked for, and lets no default collide with it', async () => {
  const ports = await choosePorts(await freePort());
  expect(new Set(Object.values(ports)).size).toBe(Object.keys(defaultPorts).length);
});

it('refuses a port that was asked for and is in use', async () => {
  const port = await freePort();
  const other = await listening(port);
  await expect(choosePorts(port)).rejects.toMatchObject({
    exitCode: exitCodes.portInUse,
    message: expect.stringMatching(
      new RegExp(`^port ${port} is in use( by .+ \\(pid ${process.pid}\\))?\\. .*MIZAN_PORT=${port + 10} npm start$`),
    ) as string,
  });
  await other.close();
});

it('goes on to the next free port where a default one is in use', async () => {
  const usual = await choosePorts(undefined);
  const other = await listening(usual.gateway);
  const said: unknown[][] = [];
  const { gateway } = await choosePorts(undefined, (...words) => said.push(words));
  expect(gateway).toBeGreaterThan(usual.gateway);
  expect(said[0]).toEqual(['gateway', defaultPorts.gateway, gateway]);
  await other.close();
});

const linux = process.platform === 'linux' ? it : it.skip;
linux('names who holds a port', async () => {
  const port = await freePort();
  expect(byHolder(port)).toBe('');
  const other = await listening(port);
  expect(byHolder(port)).toMatch(new RegExp(`^ by node \\(pid ${process.pid}\\)$`));
  await other.close();
});
