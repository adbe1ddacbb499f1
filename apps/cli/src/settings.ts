import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure, NotSignedIn, WrongUsage } from './failure.js';
import type { World } from './world.js';

/** Where Mizan is and who asks. */
export interface Settings {
  readonly url: string;
  readonly apiKey: string;
}

/** What the development start leaves for the command line. */
interface DevelopmentFile {
  readonly url: string;
  readonly apiKey: string;
}

/**
 * A flag first, then the environment, then `.mizan/dev.json` of this folder or one above it.
 * The key in that file is for the server in that file alone: no other server is ever shown it.
 */
export function settingsOf(world: Pick<World, 'env' | 'cwd'>, flags: { readonly url?: string }): Settings {
  const file = developmentFile(world);
  const url = flags.url ?? world.env.MIZAN_URL ?? file?.url;
  if (url === undefined) throw new WrongUsage('No server is known here. Start one with: npm start   or name one: MIZAN_URL or --url');
  const origin = originOf(url);
  const known = file && originOf(file.url) === origin ? file : null;
  const apiKey = world.env.MIZAN_API_KEY ?? known?.apiKey;
  if (apiKey === undefined) throw new NotSignedIn(`No API key for ${url}. Set MIZAN_API_KEY.`);
  return { url, apiKey };
}

function originOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new WrongUsage(`${url} is not an address such as http://127.0.0.1:8080.`);
  return new URL(url).origin;
}

function developmentFile({ env, cwd }: Pick<World, 'env' | 'cwd'>): DevelopmentFile | null {
  for (const path of env.MIZAN_HOME ? [join(resolve(cwd, env.MIZAN_HOME), 'dev.json')] : upwards(cwd)) {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      throw new Failure(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
    }
    try {
      return JSON.parse(text) as DevelopmentFile;
    } catch (error) {
      throw new Failure(`${path} is not JSON. Start again with npm start, which writes it anew.`, { cause: error });
    }
  }
  return null;
}

function* upwards(from: string): Generator<string> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    yield join(folder, '.mizan', 'dev.json');
    if (dirname(folder) === folder) return;
  }
}
