import { bootstrap } from '@mizan/platform';
import { environment } from './environment.js';
import { gateway } from './gateway.module.js';

const settings = environment();
await bootstrap({ ...gateway(settings), environment: settings });
