/**
 * How readers hear of the journal in this run of the tests: over Kafka, or over the feed alone. Of the running system `npm test` runs every
 * suite that asks this twice.
 */
export function testBus(): 'kafka' | 'feed' {
  const bus = process.env.TEST_BUS || 'kafka';
  if (bus !== 'kafka' && bus !== 'feed') throw new Error(`TEST_BUS is ${bus}; it must be kafka or feed.`);
  return bus;
}
