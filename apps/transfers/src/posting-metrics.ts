import { type Answer, isEntry } from '@mizan/ledger';
import type { Metrics } from '@mizan/platform';
import type { Ask, Reply } from '@mizan/writer/ledger';

/** How often the database is asked for what only metrics want to know, at most, ms. */
export const SAMPLE_MS = 5_000;
/** Upper bounds: seconds, and events of one commit. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/** What the posting side counts: of answers, so that nothing is counted that is not durable. */
export class PostingMetrics {
  private readonly posted;
  private readonly rejected;
  private readonly duration;
  private readonly groupSize;

  constructor(metrics: Metrics) {
    this.posted = metrics.counter('mizan_entries_posted_total', 'Entries that were posted, counted when their callers are answered.');
    this.rejected = metrics.counter('mizan_commands_rejected_total', 'Commands that a rule refused, by the code of the rejection.', [
      'code',
    ]);
    this.duration = metrics.histogram(
      'mizan_command_duration_seconds',
      'Time from the asking of commands in one request to their answer, which waits until they are durable.',
      DURATIONS,
    );
    this.groupSize = metrics.histogram('mizan_commit_group_size', 'Events of one ledger that were made durable together.', SIZES);
  }

  committed(events: number): void {
    this.groupSize.observe(events);
  }

  /** @param tookMs from the asking to the answer. */
  answered(asks: readonly Ask[], replies: readonly Reply[], tookMs: number): void {
    let commands = 0;
    for (const [index, { kind }] of asks.entries()) {
      if (kind !== 'command' && kind !== 'group') continue;
      const reply = replies[index] as Reply<Extract<Ask, { kind: 'command' | 'group' }>>;
      commands += 1;
      for (const answer of 'answers' in reply ? reply.answers : [reply]) this.count(answer);
    }
    if (commands > 0) this.duration.observe(tookMs / 1_000);
  }

  /** A repeat is answered as the first time, and not counted again. */
  private count(answer: Answer): void {
    if (answer.replayed) return;
    if (answer.status === 'rejected') this.rejected.inc({ code: answer.rejection.code });
    else if (isEntry(answer.event)) this.posted.inc();
  }
}
