// Shows the clock of the home's platform, or moves it: node clock.command.js [--advance <ms>]
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { MOVE_SEEN_WITHIN_MS, moveClock, readAhead, spanText } from '@mizan/platform/clock';
import { homeCommand } from './home-command.js';
import { shown } from './home.js';

await homeCommand({ advance: { type: 'string' } }, async ({ home, production }, { advance }) => {
  const file = home.clockFile;
  if (advance !== undefined) {
    if (production) throw new Error('NODE_ENV is production, where no clock is moved.');
    if (!existsSync(file))
      throw new Error(
        `No clock can be moved in ${shown(home.directory)}: nothing was started there yet, or in production. Start it first: npm start`,
      );
    moveClock(file, Number(advance));
    // When this ends, everyone reads the new time.
    await pause(MOVE_SEEN_WITHIN_MS);
  }
  const aheadMs = existsSync(file) ? readAhead(file) : 0;
  const realTime = Date.now();
  return {
    now: new Date(realTime + aheadMs).toISOString(),
    realTime: new Date(realTime).toISOString(),
    aheadMs,
    ahead: spanText(aheadMs),
  };
});
