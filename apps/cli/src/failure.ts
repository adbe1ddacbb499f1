/** The command could not do its work; the message says why and what to do. Exit code 1. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
}

/** The command was called in a way that makes no sense. Exit code 2. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

/** What was asked for does not exist. Exit code 4. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** Nobody to act as: no API key at hand. Exit code 5. */
export class NotSignedIn extends Error {
  override readonly name = 'NotSignedIn';
}
