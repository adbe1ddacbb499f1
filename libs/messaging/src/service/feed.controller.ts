import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { type HeadsBody, type StreamBody, scopes } from '@mizan/contracts';
import { Describe, RequireScope, optionalText, readQuery, token, wholeNumberFrom } from '@mizan/platform';
import { FEED_LIMITS, type Feed } from '../feed.js';

/** What the controller answers from. */
export const FEED = token<Feed>('feed');
const mostHeads = wholeNumberFrom(1, FEED_LIMITS.heads, FEED_LIMITS.heads);
const mostEvents = wholeNumberFrom(1, FEED_LIMITS.events, FEED_LIMITS.events);
const afterVersion = wholeNumberFrom(0, Number.MAX_SAFE_INTEGER, 0);

/** A service's streams for the services that hear it: what Kafka tells them, and what it cannot tell them any more. */
@RequireScope(scopes.feed)
@Controller('v1/feed')
export class FeedController {
  constructor(@Inject(FEED) private readonly feed: Feed) {}

  @Get('heads')
  @Describe({
    id: 'feedHeads',
    summary: 'Which streams reached which version since a token',
    answers: { 200: 'Heads' },
    query: { after: [optionalText, 'A token.'], limit: [mostHeads, 'Appends.'] },
  })
  heads(@Query() query: unknown): Promise<HeadsBody> {
    const { after, limit } = readQuery(query, { after: optionalText, limit: mostHeads });
    return this.feed.heads(after, limit);
  }

  @Get('streams/:stream')
  @Describe({
    id: 'feedStream',
    summary: 'The events of one stream after a version',
    answers: { 200: 'StreamPage' },
    query: { after: [afterVersion, 'A version, exclusive.'], limit: [mostEvents, 'Events.'] },
  })
  async stream(@Param('stream') stream: string, @Query() query: unknown): Promise<StreamBody> {
    const { after, limit } = readQuery(query, {
      after: afterVersion,
      limit: mostEvents,
    });
    return { events: await this.feed.stream(stream, after, limit) };
  }
}
