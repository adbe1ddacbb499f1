import { type Ask, commandsIn } from './ask.js';
import { Blocked } from './expiring/blocked.js';
import { WriterFault } from './fault.js';
import type { Submission } from './submission.js';

/** Commands in one flush; a group is never split, so the last one may pass it by its own size. */
const MAX_FLUSH_COMMANDS = 1_000;
/** Commands waiting for one ledger, and for all ledgers of a process. Past it: 503, never a longer queue. */
const MAX_QUEUED_COMMANDS = 20_000;
const MAX_QUEUED_IN_ALL = 40_000;

/** One ask on its way, and what it was asked with. */
export interface Waiting {
  readonly ask: Ask;
  readonly submission: Submission;
}

/** What waits for one ledger's writer, in the order in which it came, and counted. */
export class WaitingAsks {
  readonly blocked = new Blocked();
  private readonly queue: Waiting[] = [];
  private commands = 0;

  /** @param inAll commands that wait, over all ledgers. */
  constructor(private readonly inAll: { commands: number }) {}

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  /** Whether commands wait for other ledgers. */
  get othersWait(): boolean {
    return this.inAll.commands > this.commands;
  }

  /** @throws WriterFault when that many commands more are too many. */
  makeRoomFor(commands: number): void {
    if (this.commands + commands > MAX_QUEUED_COMMANDS || this.inAll.commands + commands > MAX_QUEUED_IN_ALL)
      throw new WriterFault('overloaded', `${this.inAll.commands} commands are waiting. Nothing was written; send it again in a second.`);
  }

  add(submission: Submission): void {
    for (const ask of submission.asks) this.queue.push({ ask, submission });
    this.count(submission.commands);
  }

  /** Takes the head, as much as one flush may hold, without what was refused meanwhile and what is blocked. */
  next(): Waiting[] {
    const taken: Waiting[] = [];
    const passed: Waiting[] = [];
    let commands = 0;
    let count = 0;
    for (const waiting of this.queue) {
      const { submission } = waiting;
      const more = commandsIn(waiting.ask);
      if (submission.refused) {
        this.count(-more);
        this.blocked.forget(submission);
      } else if (this.blocked.has(submission)) passed.push(waiting);
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
  putBack(undecided: readonly Waiting[]): void {
    this.queue.unshift(...undecided);
  }

  /** What was taken has been answered. */
  done({ ask }: Waiting): void {
    this.count(-commandsIn(ask));
  }

  /** What was taken is refused. */
  refuse(taken: readonly Waiting[], fault: WriterFault): void {
    for (const waiting of taken) {
      this.done(waiting);
      waiting.submission.refuse(fault);
    }
  }

  refuseAll(fault: WriterFault): void {
    this.refuse(this.queue.splice(0), fault);
  }

  refuseBlocked(fault: WriterFault): void {
    const blocked = this.queue.filter(({ submission }) => this.blocked.has(submission));
    const others = this.queue.filter(({ submission }) => !this.blocked.has(submission));
    this.queue.splice(0, this.queue.length, ...others);
    this.blocked.clear();
    this.refuse(blocked, fault);
  }

  private count(commands: number): void {
    this.commands += commands;
    this.inAll.commands += commands;
  }
}
