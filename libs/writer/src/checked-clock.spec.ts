import { CheckedClock, MAX_CLOCK_DRIFT_MS } from './checked-clock.js';

const START = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;

/** A clock on a machine whose three times the test moves. */
function machine() {
  const time = { wall: START, monotonic: 500, ahead: 0 };
  const clock = new CheckedClock(
    () => time.wall,
    () => time.monotonic,
    () => time.ahead,
  );
  return { time, clock };
}

it('writes no moment before it was compared', () => {
  const { clock } = machine();
  expect(clock.checkedNow()).toBeNull();
  expect(clock.complaint()).toContain('has not been compared');
});

it('takes no comparison from an answer that took too long', () => {
  const { clock, time } = machine();
  time.monotonic += 1_001;
  clock.check(START, 500);
  expect(clock.checkedNow()).toBeNull();
});

it.each([0, 3 * DAY_MS])('agrees with the database as it did, business time being %i ms ahead', (ahead) => {
  const { clock, time } = machine();
  clock.check(START, time.monotonic);
  time.ahead = ahead;
  time.wall += 70_000;
  time.monotonic += 70_000;
  expect(clock.checkedNow()).toBe(START + 70_000 + ahead);
  expect(clock.now()).toBe(START + 70_000 + ahead);
  expect(clock.drift()).toBe(0);
});

it.each([
  ['ahead', MAX_CLOCK_DRIFT_MS + 1],
  ['back', -MAX_CLOCK_DRIFT_MS - 1],
])('sees the real clock jump %s, however far business time was moved', (_, jump) => {
  const { clock, time } = machine();
  clock.check(START, time.monotonic);
  time.ahead = 3 * DAY_MS;
  time.wall += jump;
  expect(clock.checkedNow()).toBeNull();
  expect(clock.complaint()).toContain(`The clock is ${jump} ms away`);
  time.wall -= jump;
  expect(clock.checkedNow()).toBe(START + 3 * DAY_MS);
});
