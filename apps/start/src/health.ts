import { setTimeout as sleep } from 'node:timers/promises';

/** After it answers at all. A service that needs longer is said to be not ready, and goes on trying. */
const READY_TIMEOUT_MS = 20_000;
const ASK_TIMEOUT_MS = 5_000;
/** What a subscription says that will apply nothing more until the service is started again: `The books stand still: ...`. */
const HALT = /^The (\w+) stand still: /;
/** What it says where a message of a topic is what it cannot apply. */
const MESSAGE = /^The \w+ stand still: the message ([\w.-]+)\/\d+@\d+ /;

/** And of an event that a newer release has written. */
const NEWER = /\. Run a newer (one|program)\b/;

export interface RunningService {
  readonly name: string;
  readonly url: string;
}

/** A part of a service that does not work. */
export interface FailingPart {
  readonly service: string;
  readonly part: string;
  readonly detail: string;
}

export const isHalt = ({ detail }: FailingPart): boolean => HALT.test(detail);

/**
 * Of one service, without what it says of the other services: they speak for themselves.
 * @returns null where it does not answer.
 */
export async function failingParts({ name, url }: RunningService, all: readonly string[]): Promise<readonly FailingPart[] | null> {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    const { checks } = (await answer.json()) as { checks: Record<string, { ready: boolean; detail?: string }> };
    return Object.entries(checks)
      .filter(([part, { ready }]) => !ready && !all.includes(part))
      .map(([part, { detail }]) => ({ service: name, part, detail: detail ?? 'not ready' }));
  } catch {
    return null;
  }
}

/** False where it is not ready in time, or has halted, for which no time is enough. */
export async function becomesReady(service: RunningService, all: readonly string[], stopped: () => boolean): Promise<boolean> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!stopped()) {
    const failing = await failingParts(service, all);
    if (failing?.length === 0) return true;
    if (failing?.some(isHalt) || performance.now() > deadline) return false;
    await sleep(50);
  }
  return false;
}

/** In one line, with what to do. */
export function inWords(failing: FailingPart, logFile: string): string {
  const { service, part, detail } = failing;
  if (!isHalt(failing)) return `${service} is not ready: ${part}: ${detail.replace(/\.$/, '')}. See ${logFile}`;
  const what = HALT.exec(detail)?.[1];
  return `${service}: the ${what} stand still: ${detail.replace(HALT, '').replace(/\.$/, '')}. Posting goes on. ${remedy(service, detail)} See ${logFile}`;
}

/** A message is nothing without its topic, which may go; an event never is passed over: it wants another release, or other books. */
function remedy(service: string, detail: string): string {
  if (NEWER.test(detail)) return 'No event is ever passed over: start a release that understands it.';
  const compare =
    'Compare the books with the journal, npx mizan rebuild, and mend them, npx mizan rebuild --although-different; then stop and start again.';
  const topic = MESSAGE.exec(detail)?.[1];
  if (topic === undefined) return service === 'accounts' ? compare : 'Its log says more.';
  return `Delete the topic ${topic}, as docs/topics.md says, then stop and start again; no entry is lost, the feed has them all.`;
}
