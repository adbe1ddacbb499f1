export * from './ledger-call.js';
export * from './ledger-calls.js';
export type { TenantClientsOptions, TenantToken } from './tenant-clients.js';
