import { WriterFault } from './fault.js';
import type { PutOff } from './stream-rules.js';
import type { Submission } from './submission.js';

/** Commands in one flush; a group is never split, so the last one may pass it by its own size. */
const MAX_FLUSH_COMMANDS = 1_000;
/** Commands waiting for one stream, and for all streams of a process. Past it: 503, never a longer queue. */
const MAX_QUEUED_COMMANDS = 20_000;
const MAX_QUEUED_IN_ALL = 40_000;

/** One ask on its way, and what it was asked with. */
export interface Waiting<A, R> {
  readonly ask: A;
  /** How many commands it counts for. */
  readonly commands: number;
  readonly submission: Submission<A, R>;
}

/** What waits for one stream's writer, in the order in which it came, and counted. */
export class WaitingAsks<A, R> {
  private readonly queue: Waiting<A, R>[] = [];
  private commands = 0;

  /** @param inAll commands that wait, over all streams of the process. */
  constructor(
    private readonly inAll: { commands: number },
    private readonly putOff: PutOff<A, R>,
    private readonly commandsIn: (ask: A) => number,
  ) {}

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  /** Whether commands wait for other streams. */
  get othersWait(): boolean {
    return this.inAll.commands > this.commands;
  }

  /** @throws WriterFault when that many commands more are too many. */
  private makeRoomFor(commands: number): void {
    if (this.commands + commands > MAX_QUEUED_COMMANDS || this.inAll.commands + commands > MAX_QUEUED_IN_ALL)
      throw new WriterFault('overloaded', `${this.inAll.commands} commands are waiting. Nothing was written; send it again in a second.`);
  }

  /** @param submit called where there is room. @throws WriterFault where there is none. */
  add(asks: readonly A[], submit: () => Submission<A, R>): Submission<A, R> {
    const counted = asks.map((ask) => ({ ask, commands: this.commandsIn(ask) }));
    const commands = counted.reduce((sum, one) => sum + one.commands, 0);
    this.makeRoomFor(commands);
    const submission = submit();
    for (const one of counted) this.queue.push({ ...one, submission });
    this.count(commands);
    return submission;
  }

  /** Takes the head, as much as one flush may hold, without what was refused meanwhile and what is put off. */
  next(): Waiting<A, R>[] {
    const taken: Waiting<A, R>[] = [];
    const passed: Waiting<A, R>[] = [];
    let commands = 0;
    let count = 0;
    for (const waiting of this.queue) {
      const { submission, commands: more } = waiting;
      if (submission.refused) {
        this.count(-more);
        this.putOff.forget(submission);
      } else if (this.putOff.has(submission)) passed.push(waiting);
      else {
        if (commands > 0 && commands + more > MAX_FLUSH_COMMANDS) break;
        commands += more;
        taken.push(waiting);
      }
      count += 1;
    }
    this.queue.splice(0, count, ...passed);
    return taken;
  }

  /** What was taken and not decided is the head again. */
  putBack(undecided: readonly Waiting<A, R>[]): void {
    this.queue.unshift(...undecided);
  }

  /** What was taken has been answered. */
  done({ commands }: Waiting<A, R>): void {
    this.count(-commands);
  }

  /** What was taken is refused. */
  refuse(taken: readonly Waiting<A, R>[], fault: WriterFault): void {
    for (const waiting of taken) {
      this.done(waiting);
      waiting.submission.refuse(fault);
    }
  }

  refuseAll(fault: WriterFault): void {
    this.refuse(this.queue.splice(0), fault);
  }

  refusePutOff(fault: WriterFault): void {
    const putOff = this.queue.filter(({ submission }) => this.putOff.has(submission));
    const others = this.queue.filter(({ submission }) => !this.putOff.has(submission));
    this.queue.splice(0, this.queue.length, ...others);
    this.putOff.clear();
    this.refuse(putOff, fault);
  }

  private count(commands: number): void {
    this.commands += commands;
    this.inAll.commands += commands;
  }
}
