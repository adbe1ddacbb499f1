import type { Decision } from '../approval.js';
import { contentHash } from '../content.js';
import type { Json } from '../definition.js';
import type { Instance } from '../instance.js';
import type { Recorded } from '../recorded.js';
import { type Chance, oneOf } from './chance.js';

/** Whoever is asked to approve: with right decisions and with such as must not be taken. */
export class Checker {
  private readonly sound = new Set<string>();
  private decisions = 0;

  constructor(private readonly draw: Chance) {}

  /** A decision about something that the process asked for, or null where it never asked. */
  decide<S, E extends Json>(process: Instance<S, E>): Decision | null {
    const asked = [...process.approvals.values()].map((approval) => approval.asked);
    if (asked.length === 0) return null;
    const { step, sha256, maker, content } = oneOf(this.draw, asked);
    const id = `decision-${(this.decisions += 1)}`;
    const kind = this.draw();
    if (kind < 0.3) return { id, step, verdict: 'approve', sha256: contentHash({ changed: content }), by: 'checker' };
    if (kind < 0.5) return { id, step, verdict: 'approve', sha256, by: maker };
    this.sound.add(id);
    return { id, step, verdict: kind < 0.6 ? 'decline' : 'approve', sha256, by: 'checker' };
  }

  /** What was approved without a right. */
  faults(process: string, events: readonly Recorded[]): readonly string[] {
    const faults: string[] = [];
    const open = new Map<string, number>();
    for (const event of events) {
      if (event.type === 'ApprovalAsked') open.set(event.step, Date.parse(event.expiresAt));
      if (event.type !== 'ApprovalGiven' && event.type !== 'ApprovalDeclined') continue;
      if (!this.sound.has(event.id)) faults.push(`${process}: ${event.id} was taken, of changed content or by its maker`);
      if (event.at >= (open.get(event.step) ?? 0)) faults.push(`${process}: ${event.id} was taken twice, or after it expired`);
      open.delete(event.step);
    }
    return faults;
  }
}
