import { brokerFaults } from './broker-faults.js';
import type { Fault } from './fault.js';
import { serviceFaults } from './service-faults.js';
import { storeFaults } from './store-faults.js';

export const faults: readonly Fault[] = [...serviceFaults, ...storeFaults, ...brokerFaults];
