import { type Command, Option } from 'commander';
import { type Act, cap, dryRun, effectiveAt, metadata, named, ownId, reference, searched } from './command-tree.js';

/** The commands that move money, hold it, and take back what was moved. */
export function addMoney(program: Command, act: Act): void {
  addTransfers(program.command('transfer').description('movements of money: create, show, reverse'), act);
  addHolds(program.command('hold').description('money held for a while: create, list, show, capture, release'), act);
  program
    .command('cancel')
    .description('give an id up for certain, or learn what was done under it')
    .argument('<id>', 'of any write', named)
    .action(act(async (session, id: string) => (await import('./commands/transfer.js')).cancel(session, id)));
}

const movement = (command: Command): Command =>
  command
    .requiredOption('--debit <account>', 'the account that is debited', named)
    .requiredOption('--credit <account>', 'the account that is credited', named)
    .requiredOption('--amount <amount>', "a decimal of the accounts' asset, as in 250.00")
    .option(...ownId);

const worded = (command: Command): Command =>
  command
    .option(...reference)
    .option(...metadata)
    .option(...dryRun);

function addTransfers(transfer: Command, act: Act): void {
  const create = movement(transfer.command('create').description('post a transfer from two accounts and an amount'));
  worded(create.addOption(cap()).option(...effectiveAt)).action(
    act(async (session, options: import('./commands/transfer.js').TransferOptions) =>
      (await import('./commands/transfer.js')).createTransfer(session, options),
    ),
  );
  transfer
    .command('show')
    .description('the entry that an id posted, with its postings')
    .argument('<id>', '', named)
    .action(act(async (session, id: string) => (await import('./commands/transfer.js')).showTransfer(session, id)));
  const reverse = transfer
    .command('reverse')
    .description('post the opposite of an entry, or of a part of it')
    .argument('<entry>', 'the id of a transfer, a capture or a reversal', named)
    .option('--amount <amount>', 'a part of an entry of two postings, as a decimal; else the whole')
    .option(...ownId);
  worded(reverse).action(
    act(async (session, entry: string, options: import('./commands/transfer.js').ReverseOptions) =>
      (await import('./commands/transfer.js')).reverseTransfer(session, entry, options),
    ),
  );
}

function addHolds(hold: Command, act: Act): void {
  const create = movement(hold.command('create').description('hold money of one account for another'));
  worded(create.option('--expires-at <time>', 'give it back then by itself: a day (its start) or a moment; else never')).action(
    act(async (session, options: import('./commands/hold.js').HoldOptions) =>
      (await import('./commands/hold.js')).createHold(session, options),
    ),
  );
  const list = hold
    .command('list')
    .description('holds by what they say, the newest first')
    .option('--account <account>', 'that debit or credit this account', named)
    .addOption(new Option('--status <status>', 'as it stands').choices(['placed', 'captured', 'released', 'expired']));
  searched(list, 'placed').action(
    act(async (session, options: import('./commands/hold.js').ListOptions) =>
      (await import('./commands/hold.js')).listHolds(session, options),
    ),
  );
  hold
    .command('show')
    .description('one hold: what was captured, released, and remains')
    .argument('<hold>', '', named)
    .action(act(async (session, id: string) => (await import('./commands/hold.js')).showHold(session, id)));
  const capture = hold
    .command('capture')
    .description('post what is held, or a part of it; what remains is given back')
    .argument('<hold>', '', named)
    .option('--amount <amount>', 'a part of it, as a decimal; else all that remains')
    .option('--keep-rest', 'keep holding what remains, for further captures')
    .option(...ownId)
    .option(...effectiveAt);
  worded(capture).action(
    act(async (session, id: string, options: import('./commands/hold.js').CaptureOptions) =>
      (await import('./commands/hold.js')).captureHold(session, id, options),
    ),
  );
  hold
    .command('release')
    .description('give back what remains of a hold')
    .argument('<hold>', '', named)
    .option(...ownId)
    .option(...dryRun)
    .action(
      act(async (session, id: string, options: import('./writing.js').WriteOptions) =>
        (await import('./commands/hold.js')).releaseHold(session, id, options),
      ),
    );
}
