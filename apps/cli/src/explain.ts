import { MizanProblem, OutcomeUnknown, Unreachable } from '@mizan/client';
import { isColored } from './color.js';
import pico from 'picocolors';
import { nearest } from './nearest.js';
import type { Session } from './session.js';
import type { World } from './world.js';

/** How many names are looked at for the nearest one. */
const NAMES = 5_000;

/** What the user reads about an error: what was wrong, then what to do. */
export async function explain(error: unknown, world: World, session: Session | undefined): Promise<string> {
  const { red } = pico.createColors(isColored(world.stderr, world.env));
  const say = (text: string): string => `${red('error')}: ${text}`;
  if (error instanceof MizanProblem) {
    const near = session ? await suggestions(error, session).catch(() => []) : [];
    // The server may have named them in its own words.
    const names = near.every((name) => error.detail.includes(name)) ? [] : near;
    const hint = names.length > 0 ? `\nDid you mean ${names.join(' or ')}?` : error.status === 401 ? '\nCheck MIZAN_API_KEY.' : '';
    if (error.requestId) session?.output.detail(`request id ${error.requestId}`);
    return say(`${error.code}: ${error.detail}${hint}`);
  }
  if (error instanceof Unreachable) return say(`${error.message}\nIs it running? Start Mizan with: npm start`);
  if (error instanceof OutcomeUnknown) return say(`outcome_unknown: ${error.message}`);
  if (!(error instanceof Error)) return say(String(error));
  if (error.stack) session?.output.detail(error.stack);
  return say(error.message);
}

/** The nearest names that exist: the server's own, or looked up among the names of the same kind. */
async function suggestions(problem: MizanProblem, session: Session): Promise<readonly string[]> {
  if (problem.suggestions.length > 0) return problem.suggestions;
  if (problem.code === 'ledger_not_found' && session.ledgerNamed !== undefined)
    return nearest(session.ledgerNamed, await some(session.client.ledgers()));
  if (problem.code !== 'account_not_found' || problem.account === undefined) return [];
  const prefix = problem.account.includes(':') ? problem.account.slice(0, problem.account.indexOf(':') + 1) : undefined;
  const ledger = await session.ledger();
  const alike = nearest(problem.account, await some(session.client.accounts(ledger, { prefix })));
  return alike.length > 0 || prefix === undefined ? alike : nearest(problem.account, await some(session.client.accounts(ledger)));
}

async function some(named: AsyncIterable<{ readonly id: string }>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of named) if (ids.push(id) >= NAMES) break;
  return ids;
}
