import { CommanderError } from 'commander';
import { type ExitCode, exitCode } from './exit-code.js';
import { buildProgram } from './program.js';
import type { Session } from './session.js';
import type { World } from './world.js';

// What only a command needs is loaded when one runs: help and completion answer at once.

/** Runs one command line to its end and says what the shell is told. @param args without node and the program. */
export async function run(args: readonly string[], world: World): Promise<ExitCode> {
  const opened: Session[] = [];
  let code: ExitCode = exitCode.done;
  const program = buildProgram(world, async (flags, work, form) => {
    const { Session } = await import('./session.js');
    const session = new Session(world, flags, form);
    opened.push(session);
    code = (await work(session)) ?? exitCode.done;
  });
  try {
    if (args[0] === 'completion' || args[0] === 'complete') (await import('./completion.js')).addCompletion(program);
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (world.signal.aborted) return exitCode.interrupted;
    // Commander has written its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.wrongUsage;
    const [{ explain }, { exitCodeOf }] = await Promise.all([import('./explain.js'), import('./verdict.js')]);
    world.stderr.write(`${explain(error, world, opened[0])}\n`);
    return exitCodeOf(error);
  } finally {
    await Promise.all(opened.map((session) => session.close()));
  }
}
