import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { type StreamMessage, topicOf } from '@mizan/contracts';
import { Follower } from '@mizan/messaging';

/** Batches of the journal from Kafka. The follower applies them, each event once, and fills what they leave out from the feed. */
@Controller()
export class JournalConsumer {
  constructor(private readonly follower: Follower) {}

  @EventPattern<string>(topicOf('transfers').name)
  receive(@Payload() messages: readonly StreamMessage[]): Promise<void> {
    return this.follower.receive(messages);
  }
}
