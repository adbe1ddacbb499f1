// The nouns.
export * from './account.js';
export * from './balance.js';
export * from './texts.js';
export * from './posting.js';
export * from './command.js';
export * from './hold.js';
export * from './rejection.js';
export * from './events.js';
export * from './facts.js';
export * from './answer.js';
// The rules: an operation is read, decided, and its event taken into the book.
export * from './instant.js';
export * from './card-number.js';
export { MAX_AHEAD_MS, isAccountId, isCommandId } from './fields.js';
export * from './shape.js';
export * from './decide.js';
export { expireHold } from './holding.js';
export * from './group.js';
export * from './evolve.js';
export * from './book.js';
// What must be true, always.
export * from './invariants.js';
export * from './redecide.js';
export * from './audit.js';
