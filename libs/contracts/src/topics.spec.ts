import { services } from './services.js';
import { deadLettersOf, topicOf, topicSaidBy } from './topics.js';

test('a topic follows from the row of the service that says it', () => {
  expect(topicOf('transfers')).toEqual({ name: 'mizan.journal', partitions: 4, retentionMs: 604_800_000 });
  expect(topicSaidBy({ name: 'payouts', says: 'mizan.payouts' }).name).toBe('mizan.payouts');
  expect(deadLettersOf(topicOf('transfers'))).toEqual({ name: 'mizan.journal.dead-letter', partitions: 1, retentionMs: 2_592_000_000 });
  expect(() => topicOf('accounts')).toThrow("The service 'accounts' says nothing, so it has no topic.");
});

test('every topic that is heard is the topic of a service', () => {
  const said = services.filter(({ says }) => says !== null).map((row) => topicSaidBy(row).name);
  for (const { hears } of services) for (const name of hears) expect(said).toContain(name);
});
