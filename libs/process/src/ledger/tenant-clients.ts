import { MizanClient, MizanProblem } from '@mizan/client';

/** The token of a tenant: another than the one that was `refused`. As `tenantTokens` of libs/platform gives it. */
export type TenantToken = (tenant: string, refused?: string) => Promise<string>;

export interface TenantClientsOptions {
  /** Where the ledgers' API is: the gateway, or transfers. */
  readonly url: string;
  readonly token: TenantToken;
  /** Connections for one tenant, at most. */
  readonly connections?: number;
  /** The time for one call with all its tries, ms. It is to be below half of the runner's `callMs`: a refusal may take two calls more. */
  readonly deadlineMs?: number;
}

/** Tenants whose connections are kept. */
const TENANTS_KEPT = 64;
/** The runner asks again by itself; one more try here saves its pause. */
const RETRIES = 1;

interface Kept {
  readonly client: MizanClient;
  /** The token that went out last. */
  token: string;
}

/** A client for each tenant, with a token of that tenant. */
export class TenantClients {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly options: TenantClientsOptions) {}

  /** Where the API no longer takes the token, the next use gets another. */
  async use<T>(tenant: string, work: (client: MizanClient) => Promise<T>): Promise<T> {
    const kept = this.of(tenant);
    try {
      return await work(kept.client);
    } catch (error) {
      if (error instanceof MizanProblem && error.code === 'unauthorized') await this.options.token(tenant, kept.token);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.kept.values()].map(({ client }) => client.close()));
  }

  /** The tenant used least recently makes room; its calls under way end. */
  private of(tenant: string): Kept {
    const kept = this.kept.get(tenant) ?? this.made(tenant);
    this.kept.delete(tenant);
    this.kept.set(tenant, kept);
    if (this.kept.size > TENANTS_KEPT) {
      const [oldest] = this.kept.keys();
      void this.kept.get(oldest!)!.client.close();
      this.kept.delete(oldest!);
    }
    return kept;
  }

  private made(tenant: string): Kept {
    const { url, token, connections = 8, deadlineMs = 8_000 } = this.options;
    const credential = async (): Promise<string> => (kept.token = await token(tenant));
    const client = new MizanClient({ url, token: credential, connections, retries: RETRIES, attemptTimeoutMs: deadlineMs / 2, deadlineMs });
    const kept: Kept = { client, token: '' };
    return kept;
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof MizanProblem && error.code === 'not_found';
