/** What an export can be written as. The first two share the files of the entries. */
export const exportForms = ['hledger', 'beancount', 'csv', 'jsonl'] as const;
export type ExportForm = (typeof exportForms)[number];
