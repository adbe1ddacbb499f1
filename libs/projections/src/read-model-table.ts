import type pg from 'pg';

/** A row as it is compared: each column as PostgreSQL writes it as text, because amounts are longer than JavaScript's numbers. */
export type ComparedRow = Readonly<Record<string, string | null>>;

/** Whose a row is, as people know it. */
export type RowNames = Readonly<Record<string, string | null>>;

/** A table of a read model, and how two of it are compared. */
export interface ReadModelTable {
  readonly name: string;
  /** Whether it is; false for what differs whenever it is made again. Replaced it is all the same. */
  readonly compared?: false;
  /** Its rows in a schema, as a SELECT; all columns of the table unless given. It has them all, and may have more. */
  readonly rows?: (schema: string) => string;
  /**
   * Columns whose values come from the table, not from events (numbers from a sequence), so that they differ when it is made again: each with
   * the column of `rows` that stands for it in the key, or null for none. They are not compared.
   */
  readonly generated?: Readonly<Record<string, string | null>>;
  /** Columns of `rows` that are told of a row that differs; unless given, the key. */
  readonly shown?: readonly string[];
  /** Columns whose values are never told: words that may be about people. */
  readonly untold?: readonly string[];
  /** Whose a row is, asked in the transaction that sees both schemas. */
  readonly names?: (client: pg.ClientBase, row: ComparedRow) => Promise<RowNames>;
}
