import { OUT_OF_SPACE } from '@mizan/embedded';

/** What `npm start` ends with. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  alreadyRunning: 3,
  portInUse: 4,
  diskFull: 5,
  missingTool: 6,
  interrupted: 130,
} as const;

/** Why there is no start, in one sentence that says what to do. */
export class StartProblem extends Error {
  constructor(
    message: string,
    readonly exitCode: number = exitCodes.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An error as the user reads it, and the code to end with. A full disk is recognised wherever it was noticed. */
export function complaint(error: unknown): { readonly message: string; readonly exitCode: number } {
  const message = error instanceof Error ? error.message : String(error);
  if (OUT_OF_SPACE.test(message))
    return {
      message: `the disk is full: ${message}. Make room and start again; what was acknowledged is kept`,
      exitCode: exitCodes.diskFull,
    };
  return { message, exitCode: error instanceof StartProblem ? error.exitCode : exitCodes.failed };
}
