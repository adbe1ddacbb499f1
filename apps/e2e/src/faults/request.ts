/** A command as a client sends it, and as the journal must keep it. */
export interface Request {
  readonly ledger: string;
  readonly path: string;
  readonly body: object;
  /** What `data.command` of its event must be, key for key. */
  readonly command: Readonly<Record<string, unknown>> & { readonly op: string; readonly id: string };
}

/** What a try came to: an answer for certain, a refusal for now that wrote nothing, or nothing that could be known. */
export type Said =
  | {
      readonly certain: true;
      readonly outcome: 'applied' | 'rejected';
      readonly code: string | null;
      readonly position: number | null;
      readonly replayed: boolean;
    }
  | { readonly certain: false; readonly maybeDone: boolean; readonly surprise: string | null };

/** A service that was killed refuses at once; one that hangs is given up after this, ms. */
const TRY_TIMEOUT_MS = 10_000;
/** A refused connection: nothing was sent. */
const refused = (error: unknown): boolean => (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED';

/** One try of a write, over the network and nothing else. */
export async function send({ url, credential }: { url: string; credential: string }, { ledger, path, body }: Request): Promise<Said> {
  try {
    const response = await fetch(`${url}/v1/ledgers/${ledger}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TRY_TIMEOUT_MS),
    });
    return judge(response, await response.text());
  } catch (error) {
    return { certain: false, maybeDone: !refused(error), surprise: null };
  }
}

function judge({ status, headers }: Response, text: string): Said {
  const said = text === '' ? {} : (JSON.parse(text) as { position?: number; code?: string });
  const replayed = headers.get('idempotency-replayed') === 'true';
  if (status === 200 || status === 201) return { certain: true, outcome: 'applied', code: null, position: said.position ?? null, replayed };
  const code = said.code ?? 'no problem document';
  // A hold may be sent again when the moment of its expiry has passed.
  if (status === 404 || code === 'invalid_date' || status === 409 || status === 422)
    return { certain: true, outcome: 'rejected', code, position: null, replayed };
  const isExpected = (status === 503 || status === 429) && headers.has('retry-after');
  return { certain: false, maybeDone: code === 'outcome_unknown', surprise: isExpected ? null : `${status} ${code}` };
}
