import { chown, stat } from 'node:fs/promises';
import { succeeds } from './server-process.js';

/**
 * PostgreSQL refuses to run as root. A root user (containers, build machines) runs it under another uid
 * that still sees root's files, without a new user account and without opening any folder to others.
 */
export interface Guise {
  /** Comes before the command. */
  readonly prefix: readonly string[];
  /** Makes a folder or file its own, where it needs to be. */
  own(path: string): Promise<void>;
}

// The uid must be one that /etc/passwd names, else initdb refuses it; 1 is `daemon` everywhere.
const UID = 1;

const asMyself: Guise = { prefix: [], own: () => Promise.resolve() };

/** A user namespace in which root's files are uid 1's: nothing changes hands. */
const inUserNamespace: Guise = {
  prefix: ['unshare', '--user', `--map-user=${UID}`, `--map-group=${UID}`, '--'],
  own: () => Promise.resolve(),
};

/**
 * For containers that forbid user namespaces. The capability opens folders above that only root may enter; the securebit
 * is needed because initdb asks access(), which otherwise ignores capabilities.
 */
const withCapability: Guise = {
  prefix: [
    ...['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', '--securebits=+no_setuid_fixup'],
    ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--'],
  ],
  own: (path) => chown(path, UID, UID),
};

/**
 * The first way in which `program --version` runs; where the folder already holds a cluster, the way its owner tells,
 * since files cannot change hands between the two.
 * @param dataDirectory of the cluster, which may not exist yet.
 * @throws where this user can run it in none of the ways.
 */
export async function guiseFor(program: string, dataDirectory: string): Promise<Guise> {
  if (process.getuid?.() !== 0) return asMyself;
  const owner = await stat(dataDirectory).then(
    (folder) => folder.uid,
    () => null,
  );
  const guises = owner === UID ? [withCapability] : owner === 0 ? [inUserNamespace] : [inUserNamespace, withCapability];
  for (const guise of guises) {
    if (await succeeds([...guise.prefix, program, '--version'])) return guise;
  }
  throw new Error(
    'PostgreSQL does not run as root, and this machine lets root take no other user id. Run as another user, or set DATABASE_URL.',
  );
}
