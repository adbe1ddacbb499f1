import { type ServiceName, services } from '@mizan/contracts';
import { freePort, isPortFree } from '@mizan/embedded';
import { byHolder } from './port-holder.js';
import { StartProblem, exitCodes } from './start-problem.js';

export type Ports = Readonly<Record<ServiceName | 'postgres' | 'kafka', number>>;

export const defaultPorts = Object.fromEntries([
  ...services.map(({ name, port }) => [name, port] as const),
  ['postgres', 5433],
  ['kafka', 9092],
]) as Ports;

/**
 * A default port that is in use gives way to the next free one.
 * @param gateway a port that was asked for: in use, it is a problem. 0: any free port, for everything.
 * @param passedOver hears of each default port that is in use.
 */
export async function choosePorts(
  gateway: number | undefined,
  passedOver: (name: keyof Ports, wanted: number, instead: number) => void = () => {},
): Promise<Ports> {
  if (gateway !== undefined && gateway !== 0 && !(await isPortFree(gateway)))
    throw new StartProblem(
      `port ${gateway} is in use${byHolder(gateway)}. Stop what listens there, or choose another: MIZAN_PORT=${gateway + 10} npm start`,
      exitCodes.portInUse,
    );
  const taken = new Set(gateway ? [gateway] : []);
  const choose = async (name: keyof Ports): Promise<number> => {
    const wanted = defaultPorts[name];
    let port = gateway === 0 ? await freePort() : wanted;
    while (taken.has(port) || !(await isPortFree(port))) port = gateway === 0 ? await freePort() : port + 1;
    if (gateway !== 0 && port !== wanted && !taken.has(wanted)) passedOver(name, wanted, port);
    taken.add(port);
    return port;
  };
  // The gateway's first: its address is the one that people know.
  const chosen: Partial<Record<keyof Ports, number>> = { gateway: gateway || (await choose('gateway')) };
  for (const name of Object.keys(defaultPorts) as (keyof Ports)[]) chosen[name] ??= await choose(name);
  return chosen as Ports;
}
