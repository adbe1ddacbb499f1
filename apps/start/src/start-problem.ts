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
