import { InMemoryTimers } from './in-memory-timers.js';
import { describeTimers } from './timers.contract.js';

describeTimers('InMemoryTimers', async () => ({ timers: new InMemoryTimers() }));
