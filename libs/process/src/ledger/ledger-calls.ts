import type { MizanClient, Operation } from '@mizan/client';
import type { ResultBody } from '@mizan/contracts';
import type { Answer, Calls, SentCall } from '../ports.js';
import { type GroupAnswer, type LedgerAnswer, type LedgerCall, ledgerCall } from './ledger-call.js';
import { TenantClients, type TenantClientsOptions, isNotFound } from './tenant-clients.js';

/** Calls of processes to ledgers, over the HTTP API; the journal says for which process, and which event of it led to them. What is not known for certain is thrown. */
export class LedgerCalls implements Calls {
  private readonly clients: TenantClients;

  constructor(options: TenantClientsOptions) {
    this.clients = new TenantClients(options);
  }

  async send({ id, content, causation }: SentCall): Promise<Answer> {
    const { tenant, ledger, operation } = ledgerCall(id, content);
    const reason = { correlation: processOf(id), causation };
    return this.clients.use(tenant, async (client) => {
      const command: Commanded = { client: client.because(reason), ledger, id, operation };
      const result = await carriedOut(command);
      if (result.status === 'applied') return done(result);
      const culprit = result.results?.find(({ code }) => code !== 'group_failed') ?? result;
      return isFinal(culprit) ? refused(culprit) : givenUp(command, culprit);
    });
  }

  async lookup(call: SentCall): Promise<Answer | null> {
    const { tenant, ledger, operation } = ledgerCall(call.id, call.content);
    const isSpent = await this.clients.use(tenant, async (client) => {
      try {
        await client.command(ledger, firstId(call.id, operation));
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    });
    // Sent once more it changes nothing: the ledger compares the contents, and answers as it did the first time.
    return isSpent ? this.send(call) : null;
  }

  /** Lets calls under way end, then closes the connections. */
  close(): Promise<void> {
    return this.clients.close();
  }
}

interface Commanded {
  readonly client: MizanClient;
  readonly ledger: string;
  readonly id: string;
  readonly operation: LedgerCall['operation'];
}

async function carriedOut({ client, ledger, id, operation }: Commanded): Promise<ResultBody> {
  const [result] = await client.batch(ledger, [named(id, operation)]);
  if (!result) throw new Error(`The ledger did not say what became of ${id}.`);
  return result;
}

/** A refusal that spent no id says nothing of an earlier copy, which may still arrive. So the id is given up, and then it is certain. */
async function givenUp(command: Commanded, culprit: ResultBody): Promise<Answer> {
  const { client, ledger, id, operation } = command;
  const { body } = await client.cancel(ledger, firstId(id, operation));
  if (body.status === 'rejected') return refused(body.code === 'cancelled' ? culprit : body);
  const result = await carriedOut(command);
  if (result.status !== 'applied') throw new Error(`${id} was applied, and then it was not (${result.code}).`);
  return done(result);
}

/** Recorded, or about an id that is spent: it stays so for ever. */
const isFinal = ({ position, code }: ResultBody): boolean => position !== undefined || code === 'id_conflict';

const refused = ({ code = 'rejected', detail = '' }: Pick<ResultBody, 'code' | 'detail'>): Answer => ({
  status: 'refused',
  rejection: { code, detail },
});

function done({ results, ...result }: ResultBody): Answer {
  const answer: LedgerAnswer | GroupAnswer = results ? { results: results.map(applied) } : applied(result);
  return { status: 'done', answer };
}

function applied({ id, position, amount }: ResultBody): LedgerAnswer {
  if (position === undefined) throw new Error(`${id} was applied at no position.`);
  return { position, ...(amount === undefined ? {} : { amount }) };
}

/** Members of a group have the id of the call with their place, from 1 on. */
function named(id: string, operation: LedgerCall['operation']): Operation {
  if (operation.op !== 'group') return { ...operation, id } as Operation;
  return { op: 'group', operations: operation.operations.map((one, place) => ({ ...one, id: `${id}:${place + 1}` })) } as Operation;
}

/** A call is `<process>:<step>:<attempt>`. */
const processOf = (call: string): string => call.slice(0, call.indexOf(':'));

const firstId = (id: string, { op }: LedgerCall['operation']): string => (op === 'group' ? `${id}:1` : id);
