import { parseArgs } from 'node:util';
import { services } from '@mizan/contracts';
import { openPool } from '@mizan/database';
import { databaseUrl, readEnvironment } from '@mizan/platform';
import { refusalOf, serviceOf } from './api-key.js';
import { prefixRefusal } from './id-prefixes.js';
import { ApiKeys } from './tables/api-keys.postgres.js';

const USAGE = `Usage:
  key.command.js create --tenant <tenant> --name <name> --scopes <scope,...> [--prefix <prefix of ids that only this key may spend>]
  key.command.js create --tenant '*' --name service:<name>
  key.command.js list
  key.command.js revoke --key <key id>
The environment gives DATABASE_URL (or DATABASE_URL_FILE) of the role mizan_gateway. Answers are JSON, one line each.
`;

/** Gives API keys out, lists them and revokes them. @returns the exit code: 0 done, 1 refused, 2 asked wrongly. */
async function run([action, ...rest]: string[], keys: ApiKeys): Promise<number> {
  const { values } = parseArgs({
    args: rest,
    options: {
      tenant: { type: 'string' },
      name: { type: 'string' },
      scopes: { type: 'string' },
      prefix: { type: 'string' },
      key: { type: 'string' },
    },
  });
  const { tenant, name, prefix, key } = values;
  // A service's key has the scopes of its row.
  const scopes = values.scopes?.split(',') ?? (name === undefined ? undefined : serviceOf({ name }, services)?.scopes);
  if (action === 'create' && tenant !== undefined && name !== undefined && scopes !== undefined) {
    const wanted = { tenant, name, scopes };
    const refusal = refusalOf({ ...wanted, prefix: prefix ?? null }, services);
    if (refusal !== null) return fail(refusal, 1);
    const made = await (prefix === undefined
      ? keys.create(wanted)
      : keys.createOwner({ ...wanted, prefix }, (given) => prefixRefusal(prefix, given, services)));
    return typeof made === 'string' ? fail(made, 1) : say({ tenant, keyId: made.id, apiKey: made.apiKey });
  }
  if (action === 'list') {
    for (const { id, ...known } of await keys.list()) say({ keyId: id, ...known });
    return 0;
  }
  if (action === 'revoke' && key !== undefined)
    return (await keys.revoke(key)) ? say({ keyId: key, revoked: true }) : fail(`There is no key ${key}.`, 1);
  return fail(USAGE, 2);
}

function say(line: object): 0 {
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return 0;
}

function fail<T extends number>(why: string, code: T): T {
  process.stderr.write(`${why.trimEnd()}\n`);
  return code;
}

const { DATABASE_URL } = readEnvironment({ DATABASE_URL: databaseUrl });
const pool = openPool({ url: DATABASE_URL, name: 'gateway keys', max: 1 });
try {
  process.exitCode = await run(process.argv.slice(2), new ApiKeys(pool));
} catch (error) {
  const asked = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  process.exitCode = fail(asked ? `${(error as Error).message}\n${USAGE}` : (error as Error).message, asked ? 2 : 1);
} finally {
  await pool.end();
}
