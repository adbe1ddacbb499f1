import type { ProcessBody } from '@mizan/contracts';
import type { Json } from './definition.js';
import type { Instance } from './instance.js';
import { instantText } from '@mizan/contracts';

/** What `GET /v1/processes/{process}` answers; null where no such process has begun. Where nobody asked, the service itself did. */
export function processBody<S, E extends Json>({ id, began }: Instance<S, E>): ProcessBody | null {
  if (!began) return null;
  const { actor, asked, at, causation } = began;
  return {
    process: id,
    stream: id,
    asked: { ...(asked ?? { actor, correlation: null }), at: instantText(at), causation },
  };
}
