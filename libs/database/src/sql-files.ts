import type { MigrationBuilder, RunnerOption } from 'node-pg-migrate';
import { readFile } from 'node:fs/promises';

/** By the word in the SQL of a migration: what stands in its place. */
export type Renamed = Readonly<Record<string, string>>;

/** The SQL of a migration, with each whole word that has another name in its place. */
export async function migrationSql(file: string, renamed: Renamed): Promise<string> {
  const sql = await readFile(file, 'utf8');
  return sql.replace(/\w+/g, (word) => renamed[word] ?? word);
}

/** How node-pg-migrate reads `.sql` files. It records the name of a file, and nothing of its text. */
export function sqlFiles(renamed: Renamed): NonNullable<RunnerOption['migrationLoaderStrategies']>[number] {
  const unit = async (file: string) => {
    const sql = await migrationSql(file, renamed);
    return { id: file, filePaths: [file], actions: { up: (pgm: MigrationBuilder) => pgm.sql(sql), down: false as const } };
  };
  return { extensions: ['.sql'], loader: (files) => Promise.all(files.map(unit)) };
}
