/** The routes of an application, remembered so that a wrong method can be told from a wrong path. */
export class RoutePatterns {
  private readonly methods = new Map<string, Set<string>>();

  /** @param pattern as the router has it: `/v1/ledgers/:ledger`, or `/v1/assets/*` for all that begins so. */
  add(pattern: string, method: string | readonly string[]): void {
    const known = this.methods.get(pattern) ?? new Set();
    for (const one of typeof method === 'string' ? [method] : method) known.add(one);
    this.methods.set(pattern, known);
  }

  /** @returns the methods that some route at this path takes, sorted; none where nothing lives. */
  methodsOf(path: string): string[] {
    const found = new Set<string>();
    for (const [pattern, methods] of this.methods) if (matches(pattern, path)) for (const method of methods) found.add(method);
    return [...found].sort();
  }
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split('/');
  const given = path.split('/');
  return (
    (expected.length === given.length || (expected.at(-1) === '*' && given.length > expected.length)) &&
    expected.every((part, i) => part === '*' || (part.startsWith(':') ? given[i] !== '' : part === given[i]))
  );
}
