import type * as ledger from '@mizan/ledger';
import type { appendDurably } from '@mizan/writer';
import type { Parts } from '../writing-instance.js';

/** The rules that a bug may be planted in. */
export type Rules = Pick<typeof ledger, 'decide' | 'decideGroup' | 'expireHold' | 'accountsTouched' | 'Book'>;

/** The parts of the writer that a bug may be planted in. */
export interface WriterParts {
  readonly appendDurably: typeof appendDurably;
  /** Whether it asks the index for what memory has forgotten. */
  readonly recalls: boolean;
}

/** A bug, planted in the place of a module of the product or of one of its ports. */
export interface Planted {
  readonly name: string;
  /** What the judge must say of it. */
  readonly foundAs: RegExp;
  readonly rules?: (real: Rules) => Partial<Rules>;
  readonly writer?: (real: WriterParts) => Partial<WriterParts>;
  readonly parts?: (real: Parts) => Partial<Parts>;
}
