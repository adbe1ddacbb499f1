import { type IdPrefixes, prefixOfAnother } from '@mizan/contracts';
import type { Command } from '@mizan/ledger';

/** Why the caller may not spend the id of a command; null where it may. An account's id is a name, and no command's id. */
export function foreignId(command: Command, prefixes: IdPrefixes | null): string | null {
  const prefix = command.op === 'open' || prefixes === null ? null : prefixOfAnother(command.id, prefixes);
  return (
    prefix && `Ids that begin with ${prefix} belong to another key or service. Nothing was done; choose another id than ${command.id}.`
  );
}
