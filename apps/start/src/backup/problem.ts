/** Why there is no backup or no restore, in words that say what to do. Nothing was changed. */
export class BackupProblem extends Error {}
