import type { INestApplication } from '@nestjs/common';
import { applyDecorators } from '@nestjs/common';
import { CAUSATION_HEADER, CORRELATION_HEADER, type SchemaName, schemas } from '@mizan/contracts';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiIncludeEndpoint,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import type { Parameter } from './query.js';

export type OpenApiDocument = OpenAPIObject;

/** A body: JSON of a named schema; or media type → named schema, or the schema itself. */
type Content = SchemaName | Readonly<Record<string, SchemaName | object>>;

export interface Operation {
  /** Unique over all services: `postTransfer`. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly body?: SchemaName;
  /** A form that may be sent instead of a header. */
  readonly form?: object;
  /** Status → what its body is. Problem documents go without saying. */
  readonly answers: Readonly<Record<number, Content>>;
  /** Query parameter → what reads it, and what it does. All are optional. */
  readonly query?: Readonly<Record<string, readonly [Parameter<unknown>, string]>>;
  /** Header → what it does. All are optional. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A command with an id of the caller's, which may stand in a header too. */
  readonly idempotent?: boolean;
  /** A command that finds its id in the path, and says of its answer whether it is that of the first time. */
  readonly replayable?: boolean;
  /** It makes events, which keep what its caller says of its reasons. So does every command with an id. */
  readonly recorded?: boolean;
}

const reference = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
const problem = { 'application/problem+json': { schema: reference('Problem') } };
const key = { 'Idempotency-Key': 'The id of the command, where the body has none. Neither is 400; of both, the body’s counts.' };
const reasons = {
  [CORRELATION_HEADER]: 'What this belongs to, kept in its events: 1 to 128 of A-Z a-z 0-9 _ . : -, a letter or digit first.',
  [CAUSATION_HEADER]: 'The event that led to this, <stream>@<version>. Services alone may say one.',
};
const replayed = {
  'Idempotency-Replayed': { description: 'The answer is that of the first time.', schema: { type: 'string' as const, enum: ['true'] } },
};

/** What the OpenAPI document says of a route. Bodies are named; their schemas are those of the contracts. */
export function Describe(operation: Operation): MethodDecorator {
  const {
    id,
    summary,
    description,
    body,
    form,
    answers,
    query = {},
    idempotent = false,
    replayable = idempotent,
    recorded = replayable,
  } = operation;
  const headers = { ...operation.headers, ...(idempotent ? key : {}), ...(recorded ? reasons : {}) };
  const replay = replayable ? { headers: replayed } : {};
  return applyDecorators(
    ApiIncludeEndpoint(),
    ApiOperation({ operationId: id, summary, ...(description === undefined ? {} : { description }) }),
    ...(body ? [ApiBody({ schema: reference(body) })] : []),
    ...(form ? [ApiConsumes('application/x-www-form-urlencoded'), ApiBody({ schema: form, required: false })] : []),
    ...Object.entries(query).map(([name, [{ schema }, meaning]]) => ApiQuery({ name, required: false, description: meaning, schema })),
    ...Object.entries(headers).map(([name, meaning]) =>
      ApiHeader({ name, required: false, description: meaning, schema: { type: 'string' } }),
    ),
    ...Object.entries(answers).map(([status, content]) =>
      ApiResponse({ status: Number(status), description: titleOf(content), content: contentOf(content), ...replay }),
    ),
    ApiResponse({ status: 'default', description: 'A problem document (RFC 9457).', content: problem, ...replay }),
  );
}

const titleOf = (content: Content): string => (typeof content === 'string' ? content : Object.keys(content).join(' or '));

function contentOf(content: Content): Record<string, { schema: object }> {
  const types = typeof content === 'string' ? { 'application/json': content } : content;
  return Object.fromEntries(
    Object.entries(types).map(([type, schema]) => [
      type,
      { schema: typeof schema === 'string' ? reference(schema as SchemaName) : schema },
    ]),
  );
}

/** The OpenAPI 3.1 document of one service: the routes it describes, and the schemas they refer to. */
export function describeApplication(app: INestApplication, name: string, version: string): OpenApiDocument {
  const outline = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(`Mizan ${name}`)
    .setVersion(version)
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key (at the gateway) or a token from POST /v1/token.' })
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, outline, { onlyIncludeDecoratedEndpoints: true, autoTagControllers: false });
  return { ...document, components: { ...document.components, schemas: reachable(document) } };
}

/** The schemas that the document's paths name, and those that these name in turn. */
function reachable(document: OpenApiDocument): Record<string, object> {
  const found: Record<string, object> = {};
  const visit = (part: object): void => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g))
      if (!(name! in found)) {
        found[name!] = schemas[name as SchemaName];
        visit(found[name!]!);
      }
  };
  visit(document.paths);
  return found;
}
