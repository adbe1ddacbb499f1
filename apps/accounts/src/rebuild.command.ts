import { openPool } from '@mizan/database';
import { log } from '@mizan/platform';
import { inboxOptions, journalFeed } from './accounts.module.js';
import { sourcesOnly } from './environment.js';
import { WholeJournalInbox, rebuild } from './rebuild.js';

const settings = sourcesOnly();
const pool = openPool({ url: settings.DATABASE_URL, name: 'accounts_rebuild', max: 4 });
try {
  const events = await rebuild({
    pool,
    feed: journalFeed(settings),
    inbox: new WholeJournalInbox(inboxOptions(pool)),
    log: (level, message, details) => log[level](details, message),
  });
  process.stdout.write(`${JSON.stringify({ service: 'accounts', rebuilt: { events } })}\n`);
} catch (error) {
  process.stderr.write(`The books could not be made again: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await pool.end();
}
