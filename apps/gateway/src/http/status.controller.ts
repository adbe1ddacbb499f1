import { Controller, Get, Query } from '@nestjs/common';
import { scopes } from '@mizan/contracts';
import { Describe, Readiness, type ReadinessBody, RequireScope, readQuery } from '@mizan/platform';
import { type ServiceReport, Services } from './services.js';

@RequireScope(scopes.ledger)
@Controller('v1/status')
export class StatusController {
  constructor(
    private readonly readiness: Readiness,
    private readonly services: Services,
  ) {}

  @Describe({
    id: 'getStatus',
    summary: 'How the platform is',
    description:
      'Every service’s own word: whether it is ready, its version, and what it says of its parts. 200 also where one is not ready.',
    answers: { 200: 'Status' },
  })
  @Get()
  async status(
    @Query() query: unknown,
  ): Promise<{ readonly ready: boolean; readonly services: Readonly<Record<string, ServiceReport | ReadinessBody>> }> {
    readQuery(query, {});
    const [gateway, others] = await Promise.all([this.readiness.report(), this.services.reports()]);
    const services = { gateway, ...others };
    return { ready: Object.values(services).every(({ ready }) => ready), services };
  }
}
