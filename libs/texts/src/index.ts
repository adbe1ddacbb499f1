export { PostgresTexts, type TextsTable } from './postgres-texts.js';
export { textsMigrations } from './texts-migrations.js';
