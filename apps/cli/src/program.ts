import { readFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { isColored } from './color.js';
import { type Act, dryRun, metadata, named, ownId, searched } from './command-tree.js';
import type { ExitCode } from './exit-code.js';
import { type ExportForm, exportForms } from './export/export-form.js';
import { WrongUsage } from './failure.js';
import { topicNames, topics } from './help-topics.js';
import { addMoney } from './money-commands.js';
import type { Form } from './output.js';
import type { GlobalFlags, Session } from './session.js';
import type { World } from './world.js';

const atMoment = ['--at <time>', 'what counts by the END of this day (UTC), or at this moment'] as const;
const knownAt = ['--known <time>', 'as it was known at the end of this day (UTC), or at this moment'] as const;

/** Runs the work of a command in a session of its own. */
type Runner = (flags: GlobalFlags, work: (session: Session) => Promise<ExitCode | void>, form?: Form) => Promise<void>;

const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** The command tree. What a command does is loaded when it is called. */
export function buildProgram(world: World, run: Runner): Command {
  const program = new Command('mizan');
  program
    .description('The command line of Mizan, an event-sourced double-entry ledger.')
    .version(version, '-V, --version', 'show the version')
    .option('--url <url>', 'the server; else MIZAN_URL, else .mizan/dev.json')
    .option('--ledger <id>', 'the ledger; else MIZAN_LEDGER, else the only one there is', named)
    .option('--json', 'print one JSON document, amounts in minor units')
    .option('--jsonl', 'print JSON, one document a line')
    .addOption(new Option('--color [when]', 'color the output').choices(['always', 'never', 'auto']).preset('always'))
    .option('-q, --quiet', 'print data, errors and the ids of writes alone')
    .option('-v, --verbose', 'print more about errors: request ids, stacks')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
      getOutHasColors: () => isColored(world.stdout, world.env),
      getErrHasColors: () => isColored(world.stderr, world.env),
    })
    .exitOverride()
    .helpCommand(false)
    .addHelpText('after', `\nMore help: mizan help ${topicNames.join(' | ')}`);
  const act: Act = (work, form) => {
    const loose = work as unknown as (session: Session, ...args: unknown[]) => Promise<ExitCode | void>;
    return (...args) => {
      const command = args.at(-1) as Command;
      const { format } = command.opts<{ format?: Form }>();
      return run(command.optsWithGlobals(), (session) => loose(session, ...args.slice(0, -1)), format ?? form);
    };
  };
  addLedgers(program, act);
  addAccounts(program, act);
  addMoney(program, act);
  addReading(program, act);
  addOperations(program, act);
  addHelp(program, world);
  return program;
}

function addLedgers(program: Command, act: Act): void {
  const ledger = program.command('ledger').description('ledgers: list, create, show, close-period');
  ledger
    .command('list')
    .description('the ledgers of this key')
    .action(act(async (session) => (await import('./commands/ledger.js')).listLedgers(session)));
  ledger
    .command('create')
    .description('make a ledger; once more changes nothing')
    .argument('<id>', '', named)
    .option('--name <name>', 'what people call it')
    .option(...dryRun)
    .action(
      act(async (session, id: string, options: { name?: string; dryRun?: true }) =>
        (await import('./commands/ledger.js')).createLedger(session, id, options),
      ),
    );
  ledger
    .command('show')
    .description('one ledger')
    .argument('[id]', '', named)
    .action(act(async (session, id: string | undefined) => (await import('./commands/ledger.js')).showLedger(session, id)));
  ledger
    .command('close-period')
    .description('let nothing be effective on or before a day any more')
    .argument('<day>', 'as in 2026-01-31, UTC; before today, and after the last one closed')
    .option(...ownId)
    .option(...dryRun)
    .action(
      act(async (session, day: string, options: import('./writing.js').WriteOptions) =>
        (await import('./commands/ledger.js')).closePeriod(session, day, options),
      ),
    );
}

function addAccounts(program: Command, act: Act): void {
  const account = program.command('account').description('accounts: list, open, show, update, freeze, unfreeze, close, reopen');
  account
    .command('list')
    .description('accounts with their balances')
    .argument('[prefix]', 'the beginning of their names, as in clients:')
    .option('--type <type>', 'asset, liability, equity, income or expense')
    .option('--asset <code>', 'of this asset alone')
    .action(
      act(async (session, prefix: string | undefined, options: { type?: string; asset?: string }) =>
        (await import('./commands/account.js')).listAccounts(session, prefix, options),
      ),
    );
  account
    .command('open')
    .description('open an account; once more changes nothing')
    .argument('<id>', 'as in clients:17', named)
    .addOption(
      new Option('--type <type>', 'which decides its normal side')
        .choices(['asset', 'liability', 'equity', 'income', 'expense'])
        .makeOptionMandatory(),
    )
    .requiredOption('--asset <code>', 'as in CZK')
    .option('--min-balance <amount>', 'a floor, as a decimal')
    .option('--max-balance <amount>', 'a ceiling, as a decimal')
    .option(...metadata)
    .option(...dryRun)
    .action(
      act(async (session, id: string, options: import('./commands/account.js').OpenOptions) =>
        (await import('./commands/account.js')).openAccount(session, id, options),
      ),
    );
  account
    .command('show')
    .description('one account with its balances')
    .argument('<account>', 'as in clients:17', named)
    .action(act(async (session, id: string) => (await import('./commands/account.js')).showAccount(session, id)));
  addAccountChanges(account, act);
}

function addAccountChanges(account: Command, act: Act): void {
  const change = (name: string, what: string): Command =>
    account
      .command(name)
      .description(what)
      .argument('<account>', 'as in clients:17', named)
      .option(...ownId)
      .option(...dryRun);
  change('update', 'change limits or words of an account')
    .option('--min-balance <amount>', 'a floor, as a decimal; none: no floor')
    .option('--max-balance <amount>', 'a ceiling, as a decimal; none: no ceiling')
    .option('--metadata <key=value...>', 'in place of all that are kept beside it')
    .action(
      act(async (session, id: string, options: import('./commands/account.js').UpdateOptions) =>
        (await import('./commands/account.js')).updateAccount(session, id, options),
      ),
    );
  change('freeze', 'let a side of an account take no movement, or both')
    .addOption(new Option('--side <side>', 'which').choices(['debits', 'credits', 'all']).default('all'))
    .action(
      act(async (session, id: string, options: import('./commands/account.js').FreezeOptions) =>
        (await import('./commands/account.js')).freezeAccount(session, id, options.side, options),
      ),
    );
  change('unfreeze', 'let an account move again').action(
    act(async (session, id: string, options: import('./writing.js').WriteOptions) =>
      (await import('./commands/account.js')).freezeAccount(session, id, 'none', options),
    ),
  );
  for (const op of ['close', 'reopen'] as const)
    change(op, op === 'close' ? 'close an account that is empty' : 'open a closed account again').action(
      act(async (session, id: string, options: import('./writing.js').WriteOptions) =>
        (await import('./commands/account.js')).endAccount(session, op, id, options),
      ),
    );
}

function addReading(program: Command, act: Act): void {
  program
    .command('balance')
    .description("an account's balance, also of the past")
    .argument('<account>', 'as in clients:17', named)
    .option(...atMoment)
    .option(...knownAt)
    .action(
      act(async (session, account: string, options: import('./moment.js').PastFlags) =>
        (await import('./commands/balance.js')).balance(session, account, options),
      ),
    );
  program
    .command('statement')
    .description("an account's movements: opening, lines, closing")
    .argument('<account>', 'as in clients:17', named)
    .option('--from <time>', 'from the start of this day (UTC), or this moment')
    .option('--to <time>', 'to the END of this day (UTC), which is still in; or up to this moment, which is not')
    .addOption(new Option(...atMoment).conflicts('to'))
    .option(...knownAt)
    .addOption(new Option('--format <form>', 'instead of a table, or tabs in a pipe').choices(['table', 'csv', 'json']))
    .action(
      act(async (session, account: string, options: import('./commands/statement.js').StatementOptions) =>
        (await import('./commands/statement.js')).statement(session, account, options),
      ),
    );
  program
    .command('trial-balance')
    .description('every account, debit and credit, and the proof that they are equal')
    .option(...atMoment)
    .option(...knownAt)
    .option('--prefix <prefix>', 'accounts whose names begin so; their sums need not be equal')
    .action(
      act(async (session, options: import('./moment.js').PastFlags & { prefix?: string }) =>
        (await import('./commands/trial-balance.js')).trialBalance(session, options),
      ),
    );
  const entries = program.command('entries').description('the journal: list, tail');
  const list = entries
    .command('list')
    .description('entries by what they say, the newest first; or, with --after, as the journal goes on')
    .option('--after <position>', 'entries after this position, in their order')
    .option('--account <account>', 'that move this account', named)
    .addOption(new Option('--side <side>', 'on this side of the account').choices(['debit', 'credit']));
  searched(list, 'effective').action(
    act(async (session, options: import('./commands/entries.js').ListOptions) =>
      (await import('./commands/entries.js')).listEntries(session, options),
    ),
  );
  entries
    .command('tail')
    .description('entries as they are posted, until interrupted')
    .option('--after <position>', 'begin after this position; else with what is new')
    .option('--account <account>', 'that move this account', named)
    .action(
      // Without an end there is no table, whose widths depend on its last row, and no one JSON document.
      act(
        async (session, options: { after?: string; account?: string }) =>
          (await import('./commands/entries.js')).tailEntries(session, options),
        'tabs',
      ),
    );
}

function addOperations(program: Command, act: Act): void {
  program
    .command('trace')
    .description('the way back from an entry to whoever asked for it')
    .argument('[entry]', 'the id of an entry, a hold or any other write', named)
    .option('--position <n>', 'instead: its place in the journal')
    .action(
      act(async (session, entry: string | undefined, options: { position?: string }) =>
        (await import('./commands/trace.js')).trace(session, entry, options),
      ),
    );
  program
    .command('status')
    .description('services, versions, positions and lag')
    .action(act(async (session) => (await import('./commands/status.js')).status(session)));
  program
    .command('replay')
    .description('decide the whole journal again from nothing and compare with the read models')
    .option('--at <time>', 'as it was known at the end of this day (UTC), at this moment, or at this position of the journal')
    .action(act(async (session, options: { at?: string }) => (await import('./commands/replay.js')).replay(session, options)));
  program
    .command('rebuild')
    .description('make the read models of the platform on this machine again from the journal, compare them and put them in place')
    .option('--although-different', 'also where those that are read are wrong: that mends them')
    .action(
      act(async (session, options: { althoughDifferent?: true }) => (await import('./commands/rebuild.js')).rebuild(session, options)),
    );
  program
    .command('backup')
    .description("copy the platform's PostgreSQL on this machine while it runs, and keep what it writes from then on")
    .option('--to <folder>', 'better on another disk; else where the last one went, else .mizan/backup')
    .option('--keep <n>', 'backups to keep, this one among them', '2')
    .option('--list', 'take none; show those that there are')
    .action(
      act(async (session, options: import('./commands/backup.js').BackupOptions) =>
        (await import('./commands/backup.js')).backup(session, options),
      ),
    );
  program
    .command('restore')
    .description("bring the platform's PostgreSQL on this machine back, while it is stopped; what is there now is set aside")
    .option('--from <folder>', 'where backups were taken to')
    .option('--to <ledger@position>', 'to where an event of a ledger was written, as in main@1200; else as far as possible')
    .option('--to-time <moment>', 'to what was written up to a moment, as in 2026-01-31T09:30:00Z')
    .option('--history <n>', 'in a history that an earlier restore left; mizan backup --list numbers them')
    .option('--drill', 'restore beside the data, read the books and remove it again; also while it runs')
    .action(
      act(async (session, options: import('./commands/restore.js').RestoreOptions) =>
        (await import('./commands/restore.js')).restore(session, options),
      ),
    );
  addClock(program, act);
  program
    .command('import')
    .description("bring a bank's history in")
    .command('berka')
    .description('movements of a Czech bank, 1993-1994; once more changes nothing')
    .argument('[file]', "CSV, plain or compressed with gzip; the project's own copy unless given")
    .addOption(
      new Option('--on-error <how>', 'stop: post nothing of a file with a bad row; continue: post its good rows')
        .choices(['stop', 'continue'])
        .default('stop'),
    )
    .option('--dry-run', 'check the file, and send nothing')
    .action(
      act(async (session, file: string | undefined, options: { onError: 'stop' | 'continue'; dryRun?: true }) =>
        (await import('./commands/import-berka.js')).importBerkaFile(session, file, options),
      ),
    );
  program
    .command('export')
    .description('the journal for other programs: plain-text accounting with proofs, or lines; the entries are read again')
    .addArgument(new Argument('<form...>', 'several share a folder').choices(exportForms))
    .option('--out <folder>', 'where to; else export-<ledger>-<position>. - is stdout, where a pipe gets csv or jsonl unless told', named)
    .option('--through <position>', 'events up to this position; else all there are')
    .option('--to <time>', 'entries effective to the END of this day (UTC), or before this moment')
    .option('--force', 'replace an export of that name')
    .action(
      act(async (session, forms: ExportForm[], options: import('./commands/export.js').ExportOptions) =>
        (await import('./commands/export.js')).exportLedger(session, forms, options),
      ),
    );
}

function addClock(program: Command, act: Act): void {
  const clock = program.command('clock').description('the clock of the platform on this machine, in development: show, advance');
  clock
    .command('show', { isDefault: true })
    .description('what time it is there, and how far that is ahead of the real time')
    .action(act(async (session) => (await import('./commands/clock.js')).showClock(session)));
  clock
    .command('advance')
    .description('let business time pass for every service; never back, and not in production')
    .argument('<span>', 'how much: 3d, 12h, 90m, or 1d12h')
    .action(act(async (session, span: string) => (await import('./commands/clock.js')).advanceClock(session, span)));
}

function addHelp(program: Command, world: World): void {
  program
    .command('completion')
    .description('a script that completes commands in this shell')
    .argument('<shell>', 'bash, zsh, fish or powershell');
  program
    .command('help')
    .description(`help for a command or a topic (${topicNames.join(', ')})`)
    .argument('[words...]')
    .action((words: string[]) => {
      const topic = topics[words.join(' ')];
      if (topic) return void world.stdout.write(topic);
      let command: Command | undefined = program;
      for (const word of words) command = command?.commands.find((one) => one.name() === word);
      if (!command) throw new WrongUsage(`There is no command or topic ${words.join(' ')}. Topics: ${topicNames.join(', ')}.`);
      command.outputHelp();
    });
}
