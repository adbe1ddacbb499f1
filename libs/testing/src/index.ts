export { type Promtool, promtool } from './promtool.js';
export { type AccountingTools, type ToolRun, accountingTools } from './accounting-tools.js';
export { type KafkaBrokers, kafkaBrokers } from './kafka-brokers.js';
export { type OwnKafka, type OwnPostgres, type TestServer, kafkaServer, ownKafka, ownPostgres, postgresServer } from './servers.js';
export { type Repetition, repeatMessages } from './repeat-messages.js';
export { type Platform, type PlatformOptions, runPlatform } from './run-platform.js';
export { type TestDatabase, testDatabase } from './test-database.js';
export { type TestTokens, testTokens } from './tokens.js';
export * from './write-message.js';
