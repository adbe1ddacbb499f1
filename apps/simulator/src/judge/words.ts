import type { Operation } from '../operation.js';
import { metadataText } from './content.js';
import type { Written } from './journal.js';
import type { PlainLedger } from './plain-ledger.js';

/** What the words beside an event say otherwise than they should, or null. @param events the whole journal. */
export function wordsDifference(event: Written, operation: Operation, events: readonly Written[], after: PlainLedger): string | null {
  if (event.type === 'HoldCaptured') return inheritedDifference(event, operation, events);
  if (!event.type.startsWith('Account')) return null;
  const id = operation.op === 'open' ? operation.id : operation.account;
  return metadataDifference(event, after.accounts.get(id as string)!.metadata);
}

/** A capture without a reference of its own has its hold's; without metadata, or with none in it, all of its hold's. */
function inheritedDifference(event: Written, operation: Operation, events: readonly Written[]): string | null {
  const placed = events.find(({ type, operation: placing }) => type === 'HoldPlaced' && placing?.id === operation.hold);
  const reference = operation.reference ?? placed?.operation?.reference ?? null;
  if ((event.texts?.reference ?? null) !== reference) return `its reference should be ${JSON.stringify(reference)}`;
  const own = metadataText(operation.metadata);
  return metadataDifference(event, own === metadataText({}) ? metadataText(placed?.operation?.metadata) : own);
}

function metadataDifference({ texts }: Written, expected: string): string | null {
  const found = metadataText(texts?.metadata);
  return found === expected ? null : `its metadata should be ${expected} and is ${found}`;
}
