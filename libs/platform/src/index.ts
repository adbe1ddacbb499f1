export { bootstrap } from './bootstrap.js';
export { type Service, createApplication, version } from './application.js';
export {
  type Environment,
  type Setting,
  clock,
  databaseUrl,
  eventStoreUrl,
  file,
  list,
  listening,
  oneOf,
  onlyWith,
  publicKeysFile,
  readEnvironment,
  secret,
  text,
  url,
  urls,
  wholeNumber,
  asksOthers,
  onTheBus,
  storesStreams,
} from './environment.js';
export { Caller, type Credentials, Open, RequireScope, type Scope, bearerOf, callerOf, unauthorized } from './access.js';
export { type Clock, movableClock, realClock } from './clock.js';
export { BodyLimit } from './route-settings.js';
export { TokenVerifier } from './token-verifier.js';
export { Problem, type ProblemDetails, PROBLEM_TYPE, problemDocument } from './problem.js';
export { sendProblem } from './problem.filter.js';
export { Readiness, type ReadinessBody, type ReadinessCheck } from './readiness.js';
export { Metrics, sampled } from './metrics.js';
export { Database } from './database.js';
export { Describe, type OpenApiDocument, type Operation } from './open-api.js';
export {
  type Parameter,
  type Query,
  optionalOneOf,
  optionalPosition,
  optionalText,
  pageLimit,
  parameter,
  readQuery,
  wholeNumberFrom,
} from './query.js';
export { Cursors } from './cursor.js';
export { serviceTokens, tenantTokens } from './service-tokens.js';
export { log, writeLog } from './log.js';
export { type Token, made, provided, token } from './providers.js';
export { migrateFromEnvironment } from './migrate-from-environment.js';
