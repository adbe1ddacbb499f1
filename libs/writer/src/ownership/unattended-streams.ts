/** What must be known of a stream to write it: the id behind its kind, and whose it is. */
export interface StreamOf {
  readonly uid: string;
  readonly tenant: string;
}

/** Streams that nobody writes at present, though there is something to do. */
export interface UnattendedStreams<S extends StreamOf = StreamOf> {
  /** Where something has fallen due, or whose last writer did not end as it should: at most `limit`. */
  find(limit: number): Promise<readonly S[]>;
}
