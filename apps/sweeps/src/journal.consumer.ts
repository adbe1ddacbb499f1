import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { type StreamMessage, topicOf } from '@mizan/contracts';
import type { Subscription } from '@mizan/messaging/service';
import { token } from '@mizan/platform';

/** The journal, as this service hears it. */
export const JOURNAL = token<Subscription>('journal');

@Controller()
export class JournalConsumer {
  constructor(@Inject(JOURNAL) private readonly journal: Subscription) {}

  @EventPattern<string>(topicOf('transfers').name)
  receive(@Payload() messages: readonly StreamMessage[]): Promise<void> {
    return this.journal.receive(messages);
  }
}
