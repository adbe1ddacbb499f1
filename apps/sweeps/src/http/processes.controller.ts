import { Controller, Get, Inject, Param } from '@nestjs/common';
import { type ProcessBody, scopes } from '@mizan/contracts';
import { type Runner, processBody } from '@mizan/process';
import { Caller, Describe, Problem, RequireScope, token } from '@mizan/platform';
import type { Sweep, SweepEvent } from '../sweep.js';

export const RUNNER = token<Runner<Sweep, SweepEvent>>('runner of sweeps');

@RequireScope(scopes.ledger)
@Controller('v1/processes')
export class ProcessesController {
  constructor(@Inject(RUNNER) private readonly runner: Runner<Sweep, SweepEvent>) {}

  @Get(':process')
  @Describe({ id: 'process', summary: 'Who asked for a process', answers: { 200: 'Process' } })
  async process(@Param('process') id: string, @Caller() { tenant }: Caller): Promise<ProcessBody> {
    const sweep = await this.runner.read(id);
    const body = processBody(sweep);
    if (body === null || sweep.state.arrival?.tenant !== tenant) throw new Problem('not_found', `There is no process ${id}.`);
    return body;
  }
}
