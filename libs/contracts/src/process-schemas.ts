import { Type } from 'typebox';
import type { Schemas } from './event-kind.js';
import type { Json } from './json.js';

// The events of a process, as they are stored, whatever kind of process it is. Moments are RFC 3339 in UTC.

const object = <P extends Type.TProperties>(properties: P, says?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(says === undefined ? {} : { description: says }) });
const json = (description: string) => Type.Unsafe<Json>({ description });

const step = Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' });
const callId = Type.String({
  pattern: '^[a-z][a-z0-9_]{0,30}-[A-Za-z0-9._-]+:[a-z][a-z0-9-]{0,31}:[1-9]\\d*$',
  description: '`<process>:<step>:<attempt>`',
});
const messageId = Type.String({ description: 'The id of the message: the same again is the same message.' });
const moment = (description: string) => Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$', description });
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the canonical content, in hex.' });
const rejection = object({ code: Type.String(), detail: Type.String() }, 'Why, and what to do.');
const decision = object({ by: Type.String({ description: 'The actor who decided.' }), id: messageId, sha256, step });

export const processSchemas = {
  MessageReceived: object({
    asked: Type.Union(
      [
        object({
          actor: Type.String({ description: '`key:<key id>`, or `service:<name>` where another service asked.' }),
          correlation: Type.Union([Type.String(), Type.Null()], { description: 'What the caller had to tell it by.' }),
        }),
        Type.Null(),
      ],
      { description: 'Who asked; null where nobody did: the service heard of something.' },
    ),
    content: json('What was asked or said.'),
    id: messageId,
  }),
  CallSent: object({
    approvedIn: Type.Union([step, Type.Null()], {
      description: 'The step in which this content was approved; null: it needed no approval.',
    }),
    attempt: Type.Integer({ minimum: 1 }),
    attempts: Type.Integer({ minimum: 1, description: 'How many may be refused.' }),
    content: json('What is called for: whoever sends it again sends this.'),
    id: callId,
    step,
  }),
  CallDone: object({ answer: json('What was answered.'), id: callId, step }),
  CallRefused: object({ id: callId, rejection, step }),
  WaitEnded: object({ until: moment('The moment that was waited for.') }),
  ApprovalAsked: object({
    content: json('What is to be approved.'),
    expiresAt: moment('From when on nobody may decide any more.'),
    maker: Type.String({ description: 'The actor who asked. Anybody else may decide.' }),
    sha256,
    step,
  }),
  ApprovalGiven: decision,
  ApprovalDeclined: decision,
  ApprovalExpired: object({ step }),
  Decided: object({
    event: json('An event of this kind of process, by its own rules.'),
    rules: Type.Integer({ minimum: 1, description: 'The version of those rules.' }),
  }),
  ProcessEnded: object({ step, why: Type.Literal('attempts_exhausted') }),
} as const satisfies Schemas;
