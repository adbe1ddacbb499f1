import type pico from 'picocolors';
import type { Terminal, World } from './world.js';

export type Colors = ReturnType<typeof pico.createColors>;

/** A flag first, then NO_COLOR and FORCE_COLOR, then whether this is a terminal that can. */
export function isColored(terminal: Terminal, env: World['env'], flag?: string | boolean): boolean {
  if (flag === 'always' || flag === true) return true;
  if (flag === 'never' || flag === false) return false;
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true;
  return terminal.isTTY === true && env.TERM !== 'dumb';
}
