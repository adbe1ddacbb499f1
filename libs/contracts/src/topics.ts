import { type ServiceName, type ServiceRow, serviceNamed } from './services.js';

/** A topic of Kafka, as it is made where it is missing. */
export interface Topic {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

const DAY_MS = 24 * 3600 * 1000;

/** The topic on which a service says what happened, for a week: the feed has it for ever. @throws Error for a service that says nothing. */
export function topicOf(service: ServiceName): Topic {
  return topicSaidBy(serviceNamed(service));
}

/** @throws Error for a service that says nothing. */
export function topicSaidBy({ name, says }: Pick<ServiceRow, 'name' | 'says'>): Topic {
  if (says === null) throw new Error(`The service '${name}' says nothing, so it has no topic.`);
  return { name: says, partitions: 4, retentionMs: 7 * DAY_MS };
}

/** The topic of messages that some reader of `topic` could not apply, as they were, for a month. */
export function deadLettersOf({ name }: Pick<Topic, 'name'>): Topic {
  return { name: `${name}.dead-letter`, partitions: 1, retentionMs: 30 * DAY_MS };
}
