import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { TOKEN_LIFETIME_S, type TokenBody } from '@mizan/contracts';
import { Describe, Open, Problem, bearerOf, unauthorized } from '@mizan/platform';
import type { FastifyReply } from 'fastify';
import { looksLikeApiKey } from './api-key.js';
import { GatewayCredentials } from './gateway-credentials.js';
import { TokenSigner } from './token-signer.js';

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
      'The token is good for 300 s, also at the services’ own ports, and is not ended by revoking the key.',
    form: {
      type: 'object',
      properties: {
        grant_type: { type: 'string', const: 'client_credentials' },
        client_secret: { type: 'string', description: 'The API key.' },
      },
      required: ['grant_type', 'client_secret'],
    },
    answers: { 200: 'Token' },
  })
  @HttpCode(200)
  @Post()
  async create(
    @Headers('authorization') authorization: string | undefined,
    @Body() form: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenBody> {
    const apiKey = bearerOf(authorization) ?? secretOf(form);
    if (apiKey === null) throw unauthorized('This needs an API key. Send Authorization: Bearer <API key>.');
    if (!looksLikeApiKey(apiKey)) throw unauthorized('Only an API key (mzn_...) is exchanged for a token; this is none.');
    const caller = this.credentials.remembered(apiKey) ?? (await this.credentials.verify(apiKey));
    void reply.header('cache-control', 'no-store');
    return { access_token: await this.signer.sign(caller), token_type: 'Bearer', expires_in: TOKEN_LIFETIME_S };
  }
}

function secretOf(form: unknown): string | null {
  if (!(form instanceof URLSearchParams)) return null;
  if (form.get('grant_type') !== 'client_credentials')
    throw new Problem('invalid_operation', 'grant_type is client_credentials; no other kind of grant is known.', { field: 'grant_type' });
  return form.get('client_secret');
}
