import { serviceTokens } from '@mizan/platform';
import { HttpFeed } from '../http-feed.js';

/** How a service asks others, as `asksOthers` of the environment says. */
export interface AsksOthers {
  readonly GATEWAY_URL: string;
  readonly SERVICE_KEY: string;
}

/** The feed of another service, asked with this service's own key. @param urls of the other's instances. */
export const feedOfService = (urls: readonly string[], { GATEWAY_URL, SERVICE_KEY }: AsksOthers): HttpFeed =>
  new HttpFeed({ urls, token: serviceTokens({ gatewayUrl: GATEWAY_URL, apiKey: SERVICE_KEY }) });
