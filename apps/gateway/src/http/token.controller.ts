import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { TOKEN_LIFETIME_S, type TokenBody } from '@mizan/contracts';
import { Describe, Open, Problem, bearerOf, unauthorized } from '@mizan/platform';
import type { FastifyReply } from 'fastify';
import { isTenantName, looksLikeApiKey } from '../api-key.js';
import { GatewayCredentials } from '../gateway-credentials.js';
import { TokenSigner } from '../token-signer.js';

/** OAuth 2 client credentials (RFC 6749, 4.4): the API key is the client's secret, in the header or in a form. */
@Open()
@Controller('v1/token')
export class TokenController {
  constructor(
    private readonly credentials: GatewayCredentials,
    private readonly signer: TokenSigner,
  ) {}

  @Describe({
    id: 'createToken',
    summary: 'Exchange an API key for a token',
    description:
      'The API key stands in Authorization: Bearer, or in a form (grant_type=client_credentials, client_secret=<key>). ' +
      'A service’s key names the tenant that it acts for: {"tenant": "<tenant>"} as JSON, or tenant in the form; without one it reads the feed. ' +
      'The token is good for 300 s, also at the services’ own ports, and is not ended by revoking the key.',
    form: {
      type: 'object',
      properties: {
        grant_type: { type: 'string', const: 'client_credentials' },
        client_secret: { type: 'string', description: 'The API key.' },
        tenant: { type: 'string', description: 'The tenant that a service acts for.' },
      },
      required: ['grant_type', 'client_secret'],
    },
    answers: { 200: 'Token' },
  })
  @HttpCode(200)
  @Post()
  async create(
    @Headers('authorization') authorization: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenBody> {
    const apiKey = bearerOf(authorization) ?? secretOf(body);
    if (apiKey === null) throw unauthorized('This needs an API key. Send Authorization: Bearer <API key>.');
    if (!looksLikeApiKey(apiKey)) throw unauthorized('Only an API key (mzn_...) is exchanged for a token; this is none.');
    const tenant = tenantOf(body);
    const caller =
      tenant === null
        ? (this.credentials.remembered(apiKey) ?? (await this.credentials.verify(apiKey)))
        : await this.credentials.verifyFor(apiKey, tenant);
    if (caller.scopes.length === 0)
      throw new Problem(
        'forbidden',
        'For all tenants a service reads the feed alone, where its row and its key have that scope; this one may not. ' +
          'To act for one tenant, name it in the body: {"tenant": "<tenant>"}.',
      );
    void reply.header('cache-control', 'no-store');
    return { access_token: await this.signer.sign(caller), token_type: 'Bearer', expires_in: TOKEN_LIFETIME_S };
  }
}

/** @throws Problem where the body names something else than a tenant, or something that is no tenant. */
function tenantOf(body: unknown): string | null {
  const fields = body instanceof URLSearchParams ? Object.fromEntries(body) : body;
  if (fields === null || fields === undefined) return null;
  if (typeof fields !== 'object' || Array.isArray(fields))
    throw new Problem('invalid_operation', 'The body is an object: {"tenant": "<tenant>"}.');
  const { tenant, ...others } = fields as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(others);
  // OAuth clients may send fields of their own in a form; these are ignored (RFC 6749, 3.2).
  if (unknown !== undefined && !(body instanceof URLSearchParams))
    throw new Problem('invalid_operation', `The field ${unknown} is not known here.`, { field: unknown });
  if (tenant === undefined) return null;
  if (typeof tenant !== 'string' || !isTenantName(tenant))
    throw new Problem('invalid_operation', 'A tenant is named by 1 to 63 small letters, digits and hyphens.', { field: 'tenant' });
  return tenant;
}

function secretOf(form: unknown): string | null {
  if (!(form instanceof URLSearchParams)) return null;
  if (form.get('grant_type') !== 'client_credentials')
    throw new Problem('invalid_operation', 'grant_type is client_credentials; no other kind of grant is known.', { field: 'grant_type' });
  return form.get('client_secret');
}
