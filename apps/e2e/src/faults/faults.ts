import { brokerFaults } from './broker-faults.js';
import type { Bus, Fault } from './fault.js';
import { serviceFaults } from './service-faults.js';
import { storeFaults } from './store-faults.js';

/** All that can be tried; where there is no broker, none of its faults. */
export const faultsOn = (bus: Bus): readonly Fault[] => [...serviceFaults, ...storeFaults, ...(bus === 'kafka' ? brokerFaults : [])];
