import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/**
 * Puts the real `completion <shell>` in the place of the one that stands in the help, and the hidden
 * `complete -- <words>` that the shells' scripts call.
 */
export function addCompletion(program: Command): void {
  const commands = program.commands as Command[];
  commands.splice(
    commands.findIndex((command) => command.name() === 'completion'),
    1,
  );
  tab(program, { completionCommandName: 'completion' });
}
