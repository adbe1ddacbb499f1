import { lookAt, passOver, placeOf } from '@mizan/messaging';
import { readEnvironment, list } from '@mizan/platform';
import { CONSUMER } from './accounts.module.js';

const usage = `Usage: message.command.js look <topic>/<partition>@<offset>        what lies there
       message.command.js pass-over <topic>/<partition>@<offset>   lets the books go on behind a message that is none of the journal's`;

const [what, at = '', ...more] = process.argv.slice(2);
const place = placeOf(at);
if ((what !== 'look' && what !== 'pass-over') || !place || more.length > 0) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
const { KAFKA_BROKERS } = readEnvironment({ KAFKA_BROKERS: list('the brokers, host:port', ['127.0.0.1:9092']) });
try {
  const consuming = { brokers: KAFKA_BROKERS, groupId: CONSUMER };
  const found = await (what === 'look' ? lookAt(consuming, place) : passOver(consuming, place));
  process.stdout.write(`${JSON.stringify({ place: at, ...found, passedOver: what === 'pass-over' })}\n`);
  if (what === 'pass-over')
    process.stderr.write('Start the service accounts again: it goes on behind it, and fills from the feed what it missed.\n');
} catch (error) {
  process.stderr.write(`${at}: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
