import type { INestApplication } from '@nestjs/common';
import { applyDecorators } from '@nestjs/common';
import { type SchemaName, schemas } from '@mizan/contracts';
import {
  ApiBody,
  ApiIncludeEndpoint,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';

export type OpenApiDocument = OpenAPIObject;

export interface Operation {
  /** Unique over all services: `postTransfer`. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly body?: SchemaName;
  /** Status → what its body is. Problem documents go without saying. */
  readonly answers: Readonly<Record<number, SchemaName>>;
  /** Query parameter → what it does. All are optional. */
  readonly query?: Readonly<Record<string, string>>;
}

const reference = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });

/** What the OpenAPI document says of a route. Bodies are named; their schemas are those of the contracts. */
export function Describe({ id, summary, description, body, answers, query = {} }: Operation): MethodDecorator {
  return applyDecorators(
    ApiIncludeEndpoint(),
    ApiOperation({ operationId: id, summary, ...(description === undefined ? {} : { description }) }),
    ...(body ? [ApiBody({ schema: reference(body) })] : []),
    ...Object.entries(query).map(([name, meaning]) =>
      ApiQuery({ name, required: false, description: meaning, schema: { type: 'string' } }),
    ),
    ...Object.entries(answers).map(([status, name]) =>
      ApiResponse({ status: Number(status), description: name, content: { 'application/json': { schema: reference(name) } } }),
    ),
    ApiResponse({
      status: 'default',
      description: 'A problem document (RFC 9457).',
      content: { 'application/problem+json': { schema: reference('Problem') } },
    }),
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
