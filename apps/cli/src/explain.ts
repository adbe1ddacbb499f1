import { MizanProblem, OutcomeUnknown, Unreachable } from '@mizan/client';
import { isColored } from './color.js';
import pico from 'picocolors';
import type { Session } from './session.js';
import type { World } from './world.js';

/** What the user reads about an error: what was wrong, then what to do. */
export function explain(error: unknown, world: World, session: Session | undefined): string {
  const { red } = pico.createColors(isColored(world.stderr, world.env));
  const say = (text: string): string => `${red('error')}: ${text}`;
  if (error instanceof MizanProblem) {
    if (error.requestId) session?.output.detail(`request id ${error.requestId}`);
    return say(`${error.code}: ${error.detail}${hint(error)}`);
  }
  if (error instanceof Unreachable) return say(`${error.message}\nIs it running? Start Mizan with: npm start`);
  if (error instanceof OutcomeUnknown) return say(`outcome_unknown: ${error.message}`);
  if (!(error instanceof Error)) return say(String(error));
  if (error.stack) session?.output.detail(error.stack);
  return say(error.message);
}

function hint({ status, detail, suggestions }: MizanProblem): string {
  if (status === 401) return '\nCheck MIZAN_API_KEY.';
  // The server may have named them in its own words.
  return suggestions.every((name) => detail.includes(name)) ? '' : `\nDid you mean ${suggestions.join(' or ')}?`;
}
