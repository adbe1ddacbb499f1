import { type DataIn, EventKinds } from './event-kind.js';
import type { processSchemas } from './process-schemas.js';

/** By the name of a kind of event, its data. */
export type ProcessData = DataIn<typeof processSchemas>;

/** The events of the processes of one service: the same kinds for all. @param owner the service's name. */
export const processKinds = (owner: string): EventKinds<ProcessData> =>
  new EventKinds<ProcessData>(owner, {
    MessageReceived: { version: 1, says: 'Somebody asked or said something. The first message began the process.' },
    CallSent: { version: 1, says: 'What is called for, recorded before it is sent.' },
    CallDone: { version: 1, says: 'The call took effect, once, under its id.' },
    CallRefused: { version: 1, says: 'The call was refused for good: nothing will ever be done under its id.' },
    WaitEnded: { version: 1, says: 'The moment that was waited for has come.' },
    ApprovalAsked: { version: 1, says: 'Somebody else has to approve exactly this content.' },
    ApprovalGiven: { version: 1, says: 'Somebody approved the content. It serves one call.' },
    ApprovalDeclined: { version: 1, says: 'Somebody declined to approve the content.' },
    ApprovalExpired: { version: 1, says: 'Nobody decided before the approval expired.' },
    Decided: { version: 1, says: 'What the process decided on what it heard.' },
    ProcessEnded: { version: 1, says: 'The process ended, because a step was refused as often as it may be.' },
  });
