import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from './exit-code.js';
import type { Form } from './output.js';
import type { Session } from './session.js';

/** Makes the action of a command from what it does in a session. */
export type Act = <A extends unknown[]>(
  work: (session: Session, ...args: A) => Promise<ExitCode | void>,
  form?: Form,
) => (...args: unknown[]) => Promise<void>;

/** A name that stands in a path: an empty one would ask for something else, such as the list of all. */
export function named(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

export const dryRun = ['--dry-run', 'show what would be sent, and send nothing'] as const;
export const metadata = ['--metadata <key=value...>', 'words to keep beside it'] as const;
export const reference = ['--reference <text>', 'words for the statement'] as const;
export const ownId = ['--id <id>', 'its id for ever; one is made and printed unless given', named] as const;
export const effectiveAt = ['--effective-at <time>', 'when it counts: a day (its start) or a moment; else now'] as const;
export const cap = (): Option =>
  new Option('--cap <whose>', 'move less where a limit of this account leaves less').choices(['debit', 'credit', 'both']);

/** The flags by which entries and holds are searched alike. @param when what the range of time is about. */
export const searched = (command: Command, when: 'effective' | 'placed'): Command =>
  command
    .option('--reference <text>', 'with exactly this reference')
    .option('--metadata <key=value...>', 'with exactly these words')
    .option('--from <time>', `${when} from the start of this day (UTC), or this moment`)
    .option('--to <time>', `${when} up to the END of this day (UTC), which is still in; or up to this moment, which is not`)
    .addOption(new Option('--order <order>', 'by place in the journal; newest unless given').choices(['newest', 'oldest']))
    .option('--limit <n>', 'at most so many', '50');
