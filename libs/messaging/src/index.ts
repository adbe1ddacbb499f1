export { Poison, NotApplied } from './poison.js';
export { type Log, type LogLevel } from './kafka-client.js';
export { inTraces } from './carried-traces.js';
export { type KnownKinds, decodeMessage, encodeMessages, wholeGroups } from './stream-message.js';
export { type KeptTextsReader } from './kept-texts.js';
export { FEED_LIMITS, type Feed, StoreFeed } from './feed.js';
export { HttpFeed, type HttpFeedOptions, type TokenSource } from './http-feed.js';
export { PostgresRelayTokens, type RelayClaim, type RelayTokens } from './relay-tokens.js';
export {
  FEED_TOKEN_HEADER,
  FeedRelay,
  type FeedRelayOptions,
  type Message,
  type MessageHeaders,
  type Publisher,
  type Publishing,
  type RelayStatus,
  type StreamOwner,
} from './feed-relay.js';
export { TopicRelay, type TopicRelayOptions } from './topic-relay.js';
export { AppliedOnce, type Gap, type Progress, type Projection, type Received } from './applied-once.js';
export { HandledEvents, type Handler, type HeardEvent, type Refused } from './handled-events.js';
export { Inbox, type InboxOptions } from './inbox.js';
export { type FollowedStream } from './heads.js';
export { Follower, type FollowerOptions, type FollowerStatus } from './follower.js';
export { type Halt, type KafkaStatus } from './kafka-consumption.js';
export { type Place } from './place.js';
export { DeadLetters, type Parking } from './dead-letters.js';
export { BatchContext, KafkaStrategy, type KafkaStrategyOptions } from './kafka.strategy.js';
