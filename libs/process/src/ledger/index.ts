export type { GroupAnswer, LedgerAnswer, LedgerCall, LedgerOperation } from './ledger-call.js';
export * from './ledger-calls.js';
export type { TenantClientsOptions, TenantToken } from './tenant-clients.js';
