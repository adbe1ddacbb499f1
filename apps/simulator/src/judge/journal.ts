import type { KeptTexts } from '@mizan/contracts';
import type { Operation } from '../operation.js';

/** A stored event as the judge reads it: parsed from its text, and nothing else. */
export interface Written {
  readonly position: number;
  readonly type: string;
  readonly recordedAt: number;
  readonly group: { readonly first: number; readonly last: number } | null;
  readonly data: Readonly<Record<string, unknown>>;
  /** The words beside it. */
  readonly texts: KeptTexts | null;
  /** The command that caused it, as it was sent; null for what nobody commanded. */
  readonly operation: Operation | null;
}

export function readWritten(text: string, beside: ReadonlyMap<string, KeptTexts>): Written {
  const { version, type, recordedAt, data } = JSON.parse(text) as {
    version: number;
    type: string;
    recordedAt: string;
    data: Record<string, unknown>;
  };
  const texts = typeof data.texts === 'string' ? (beside.get(data.texts) ?? null) : null;
  return {
    position: version,
    type,
    recordedAt: Date.parse(recordedAt),
    group: data.group as Written['group'],
    data,
    texts,
    operation: data.command ? operationOf(data.command as Operation, texts) : null,
  };
}

/** The words of `update` and `capture` are the event's only where the command gave them. */
function operationOf({ metadata, reference, ...command }: Operation, texts: KeptTexts | null): Operation {
  const words = { reference: texts?.reference ?? undefined, metadata: texts?.metadata ?? {} };
  switch (command.op) {
    case 'update':
      return { ...command, ...(metadata ? { metadata: words.metadata } : {}) };
    case 'capture':
      return { ...command, ...(metadata ? { metadata: words.metadata } : {}), ...(reference ? { reference: words.reference } : {}) };
    case 'open':
    case 'transfer':
    case 'hold':
    case 'reverse':
      return { ...command, ...words };
    default:
      return command;
  }
}
