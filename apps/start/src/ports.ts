import { freePort, isPortFree } from '@mizan/embedded';
import { StartProblem, exitCodes } from './start-problem.js';

export const defaultPorts = { gateway: 8080, transfers: 8081, accounts: 8082, postgres: 5433, kafka: 9092 } as const;

export type Ports = Readonly<Record<keyof typeof defaultPorts, number>>;

/**
 * A default port that is in use gives way to the next free one.
 * @param gateway a port that was asked for: in use, it is a problem. 0: any free port, for everything.
 */
export async function choosePorts(gateway: number | undefined): Promise<Ports> {
  if (gateway !== undefined && gateway !== 0 && !(await isPortFree(gateway)))
    throw new StartProblem(
      `port ${gateway} is in use. Stop what listens there, or choose another: MIZAN_PORT=${gateway + 10} npm start`,
      exitCodes.portInUse,
    );
  const taken = new Set(gateway ? [gateway] : []);
  const choose = async (wanted: number): Promise<number> => {
    let port = gateway === 0 ? await freePort() : wanted;
    while (taken.has(port) || !(await isPortFree(port))) port = gateway === 0 ? await freePort() : port + 1;
    taken.add(port);
    return port;
  };
  return {
    gateway: gateway || (await choose(defaultPorts.gateway)),
    transfers: await choose(defaultPorts.transfers),
    accounts: await choose(defaultPorts.accounts),
    postgres: await choose(defaultPorts.postgres),
    kafka: await choose(defaultPorts.kafka),
  };
}
