import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

/** The role of a service: `accounts` logs in as `mizan_accounts`. @throws when the name could not stand in SQL as it is. */
export function serviceRole(service: string): string {
  return plainName(`mizan_${service}`);
}

/** The administrator's URL, with the service's role and password in place of the administrator's. */
export function serviceUrl(adminUrl: string, service: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = serviceRole(service);
  url.password = password;
  if (url.username === '') throw new Error('The database URL must name a host, as in postgres://name:password@127.0.0.1:5432/mizan.');
  return url.href;
}

/** Names of roles and schemas are lower case letters, digits and underscores, so that they need no quotes. */
export function plainName(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw new Error(`'${name}' is no name for a role or schema: use a-z, 0-9 and _, at most 63.`);
  return name;
}

/**
 * Creates the service's role, or gives it this password again. Roles belong to the whole server, not to one database.
 * The server is handed the SCRAM verifier, so that the password itself can stand in none of its logs.
 */
export async function ensureServiceRole(client: pg.Client, service: string, password: string): Promise<void> {
  const role = serviceRole(service);
  const verifier = scramVerifier(password);
  await retried(async () => {
    const found = await client.query<{ mighty: boolean }>(
      'SELECT rolsuper OR rolbypassrls OR rolcreaterole AS mighty FROM pg_roles WHERE rolname = $1',
      [role],
    );
    if (found.rows[0]?.mighty)
      throw new Error(`The role ${role} has an administrator's rights, and the service must not: take them away first.`);
    const verb = found.rows.length === 0 ? 'CREATE' : 'ALTER';
    await client.query(`${verb} ROLE ${role} WITH LOGIN PASSWORD '${verifier}'`);
  });
}

/** RFC 5803, as PostgreSQL keeps it. */
function scramVerifier(password: string): string {
  if (!/^[\x21-\x7e]+$/.test(password)) throw new Error('The password of a service must be printable ASCII without spaces, and not empty.');
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyOf = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${keyOf('Server Key').toString('base64')}`;
}

const ATTEMPTS = 20;
/** duplicate_object, unique_violation, and "tuple concurrently updated", which has no code of its own. */
const COLLISIONS = new Set(['42710', '23505', 'XX000']);

/**
 * Migrations of two databases on one server may touch the same role at once, and no advisory lock spans databases.
 * The loser of such a collision tries again.
 */
async function retried(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (attempt === ATTEMPTS || code === undefined || !COLLISIONS.has(code)) throw error;
      await pause(Math.random() * 10 * attempt);
    }
  }
}
