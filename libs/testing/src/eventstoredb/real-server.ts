import { eventStoreDbContainer, images, whatIsLacking } from '../docker.js';
import type { TestServer } from '../servers.js';

/**
 * A real EventStoreDB: the one that EVENTSTORE_URL names, which others may use too, else a container where Docker has the image.
 * @returns why there is none, where there is none.
 */
export async function realEventStoreDb(): Promise<TestServer | string> {
  const address = process.env.EVENTSTORE_URL;
  if (address) return { address, stop: async () => undefined };
  const lacking = await whatIsLacking(images.eventstoredb);
  if (lacking === null) return eventStoreDbContainer();
  return lacking === 'an engine'
    ? 'EVENTSTORE_URL is not set, and no Docker engine answers'
    : `EVENTSTORE_URL is not set, and Docker has no image ${images.eventstoredb}: docker pull it`;
}
