// Why something was asked for, as a caller says it in headers and as it stands in the envelope of each event.

/** What a command belongs to: a process of a service, or whatever its caller has to tell it by. */
export const CORRELATION_HEADER = 'mizan-correlation';
/** The event that led to a command, `<stream>@<version>`. Services alone know one. */
export const CAUSATION_HEADER = 'mizan-causation';

/** 1 to 128 of A-Z a-z 0-9 _ . : -, a letter or digit first: the form of a command id. */
export const isCorrelation = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/.test(text);

/** `<stream>@<version>`, as in `payout-17@3`. */
export const isCausation = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}@[1-9][0-9]{0,14}$/.test(text);

/** Whether it acts as a service: `service:<name>`. */
export const isService = (actor: string): boolean => actor.startsWith('service:');

/** `GET /v1/processes/{process}`: a process of a service, `<kind>-<id>`, and who asked for it. Its service answers. */
export interface ProcessBody {
  readonly process: string;
  /** The stream of its events, of which the first says what follows. */
  readonly stream: string;
  readonly asked: {
    /** `key:<key id>`, or `service:<name>` where another service asked. */
    readonly actor: string;
    /** RFC 3339, UTC. */
    readonly at: string;
    /** What the caller had to tell it by. */
    readonly correlation: string | null;
    /** The event that led a service to ask, `<stream>@<version>`. */
    readonly causation: string | null;
  };
}
