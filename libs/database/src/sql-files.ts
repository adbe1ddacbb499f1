import type { MigrationBuilder, RunnerOption } from 'node-pg-migrate';
import { readFile } from 'node:fs/promises';

/** By the name of the placeholder: what stands in the SQL for `{name}`. */
export type PlaceholderValues = Readonly<Record<string, string>>;

/** The SQL of a migration, with the values in the place of their placeholders. A name in braces without a value stays as it is. */
export async function migrationSql(file: string, values: PlaceholderValues): Promise<string> {
  const sql = await readFile(file, 'utf8');
  return sql.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}

/** How node-pg-migrate reads `.sql` files. It records the name of a file, and nothing of its text. */
export function sqlFiles(values: PlaceholderValues): NonNullable<RunnerOption['migrationLoaderStrategies']>[number] {
  const unit = async (file: string) => {
    const sql = await migrationSql(file, values);
    return { id: file, filePaths: [file], actions: { up: (pgm: MigrationBuilder) => pgm.sql(sql), down: false as const } };
  };
  return { extensions: ['.sql'], loader: (files) => Promise.all(files.map(unit)) };
}
