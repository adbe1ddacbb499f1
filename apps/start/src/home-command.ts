import { parseArgs } from 'node:util';
import { type Home, homeAt } from './home.js';
import { type Settings, readSettings } from './settings.js';

/** A line that the commands print: what they do now, and at the end what came of it. The command line puts it into words. */
export type Said<T> = { readonly step: string } | { readonly done: T } | { readonly error: string };

export type Flags = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
export type Values<F extends Flags> = { readonly [K in keyof F]?: F[K]['type'] extends 'string' ? string : boolean };

/** The home that a command works on, and how a start in it would be set up. */
export type OfHome = Settings & { readonly home: Home };

/** Runs a program that prints `Said` lines and ends with 0 or 1. */
export async function homeCommand<F extends Flags, T>(
  options: F,
  work: (of: OfHome, flags: Values<F>, step: (text: string) => void) => Promise<T>,
): Promise<void> {
  const say = (line: Said<T>): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  try {
    const { values } = parseArgs({ options });
    const settings = readSettings([], process.env);
    const of = { ...settings, home: homeAt(settings.directory) };
    say({ done: await work(of, values as Values<F>, (step) => say({ step })) });
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
}
