import { DeadLetters, lookAt, passOver, placeOf } from '@mizan/messaging';
import { list, readEnvironment } from '@mizan/platform';
import { CONSUMER } from './accounts.module.js';

const usage = `Usage: message.command.js look <topic>/<partition>@<offset>        what lies there
       message.command.js pass-over <topic>/<partition>@<offset>   puts it with the dead letters and lets the books go on behind it;
                                                                   what is the journal's comes by the feed
       message.command.js list                                     the dead letters
       message.command.js replay <topic>/<partition>@<offset>      sends a dead letter again to the topic it came from
KAFKA_BROKERS names the brokers, host:port, separated by commas: 127.0.0.1:9092 unless given.`;

// The Kafka client sets timers to times that are past, of which Node would warn in the middle of the answer.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => name === 'TimeoutNegativeWarning' || process.stderr.write(`${name}: ${message}\n`));

const [what, at, ...more] = process.argv.slice(2);
const place = placeOf(at ?? '');
const understood = what === 'list' ? at === undefined : ['look', 'pass-over', 'replay'].includes(what ?? '') && place !== null;
if (!understood || more.length > 0) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
const { KAFKA_BROKERS: brokers } = readEnvironment({ KAFKA_BROKERS: list('the brokers, host:port', ['127.0.0.1:9092']) });
const say = (answer: object): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);
try {
  if (place) await about(place);
  else await listLetters();
} catch (error) {
  const { name, message } = error as Error;
  const asked = name.startsWith('KafkaJS') ? ` (asked ${brokers.join(', ')}; KAFKA_BROKERS=<host:port> names others)` : '';
  process.stderr.write(`${at ?? what}: ${message}${asked}\n`);
  process.exitCode = 1;
}

async function about(one: NonNullable<typeof place>): Promise<void> {
  if (what === 'look') say({ place: at, ...(await lookAt({ brokers }, one)) });
  else if (what === 'replay') say(await new DeadLetters(brokers).replay(one));
  else {
    say({ place: at, ...(await passOver({ brokers, groupId: CONSUMER }, one)), passedOver: true });
    process.stderr.write(
      'Start the service accounts again: it goes on behind it. What is the journal’s, also of what was passed over, comes by the feed.\n',
    );
  }
}

async function listLetters(): Promise<void> {
  const { letters, older } = await new DeadLetters(brokers).list();
  for (const letter of letters) say(letter);
  if (older > 0) process.stderr.write(`These are the newest; ${older} older places of the topic were not looked at.\n`);
}
