import { exitCodeTable } from './exit-code.js';

const exitCodes = `Exit codes

${exitCodeTable.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}

An import ends with 3 where the ledger refused a row, and with 1 where a row of the file could not be read.
`;

const amounts = `Amounts

  You write decimals: 250.00 of an asset with two decimal places. Finer ones are refused, never rounded.
  Tables show them grouped by thousands (1,250.00), pipes and CSV plain (1250.00).
  JSON carries whole minor units as strings ("125000") beside the exponent, as the API does.
  Debit and credit columns carry the sign. A balance stands on the account's normal side: a client's
  money with us is a positive liability. A minus means that it is on the other side.
`;

const time = `Time

  A day (1993-01-31) or a moment (1993-01-31T09:30:00Z), always UTC.
  --from takes the start of a day. --to takes its end: the day you name is in. A moment given to --to is not.
  Every entry has two times: when it counts, and when it was recorded. --at asks for what counts by the end of a day,
  or at a moment; --known for what was known then. Both are in. Without them: everything, as it is known now.

  mizan clock advance 3d lets three days pass on the platform of this machine: holds expire, and what is recorded from then on is three
  days ahead. It is for development: the clock never goes back, and with NODE_ENV=production it is not moved at all.
`;

const output = `Output

  A terminal gets tables; a pipe gets the same columns between tabs, uncut, names in the first line.
  --json prints one document, --jsonl one document a line. stdout is data; stderr is everything else.
  Color and bars are for terminals: --color, NO_COLOR, FORCE_COLOR and TERM=dumb are heeded.
  Long tables go through MIZAN_PAGER, PAGER or less. --quiet leaves data, errors and the ids of writes.
`;

const exports = `Exports

  hledger, beancount   a folder with the entries by month, what the tool opens, and its closing balances as assertions.
                       mizan export hledger beancount --out books
                       hledger -f books/main.journal check --strict
                       bean-check books/main.beancount
  csv                  a line for each posting, amounts as decimals; to a pipe, or to a folder with --out
  jsonl                a line for each entry, amounts in minor units; likewise

  --through takes a position of the journal, --to the last day that counts. accounts.csv has every account's name in the tools.
  What was written is read again before the folder gets its name. A reference that begins like a formula gets a ' in front in csv.
`;

const environment = `Environment

  MIZAN_URL      the server, unless --url says it
  MIZAN_API_KEY  the key; never a flag, so that it stands in no history
  MIZAN_LEDGER   the ledger, unless --ledger says it
  MIZAN_HOME     the folder of the development start, instead of .mizan here or above

  Without them the address and key are those of .mizan/dev.json, which npm start writes.
  That key is sent to that address alone.
`;

/** What `mizan help <topic>` prints. */
export const topics: Readonly<Record<string, string | undefined>> = {
  'exit-codes': exitCodes,
  amounts,
  time,
  output,
  exports,
  environment,
};
export const topicNames: readonly string[] = Object.keys(topics);
