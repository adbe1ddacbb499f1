/** What the client knows, in its own spelling without case. It warns of any other by printing the whole string, password and all. */
const KNOWN = new Set(
  [
    'tls tlsCAFile userCertFile userKeyFile connectionName nodePreference keepAliveInterval keepAliveTimeout',
    'defaultDeadline discoveryInterval gossipTimeout maxDiscoverAttempts tlsVerifyCert throwOnAppendFailure',
  ]
    .join(' ')
    .toLowerCase()
    .split(' '),
);

/** @throws for settings that the client would overlook aloud, or that would make it answer wrongly. No error repeats the string. */
export function checkConnectionString(url: string): void {
  if (url.split('@').length > 2)
    throw new Error(
      'The connection string of EventStoreDB has more than one @: write the one in the password as %40, and name no file with one.',
    );
  // As the client does: name and password end at the @, and may have in them what begins a setting.
  const hosts = url.replace(/^[^:]+:\/\//, '').replace(/^[^:]+:[^@]+@/, '');
  for (const [, name = '', value = ''] of hosts.matchAll(/[?&]([^=&?]*)=?([^&?]*)/g)) {
    const flat = name.replace(/[_-]/g, '').toLowerCase();
    const named = /^[A-Za-z_-]+$/.test(name) ? ` '${name}'` : '';
    if (!KNOWN.has(flat)) throw new Error(`The connection string of EventStoreDB has a setting${named} that its client does not know.`);
    if (flat === 'throwonappendfailure' && value !== 'true')
      throw new Error(
        'The connection string of EventStoreDB must not set throwOnAppendFailure=false: what a conflict says would then be wrong.',
      );
    if (flat === 'tlsverifycert' && value !== 'true')
      throw new Error(
        'The client of EventStoreDB always verifies certificates: name the authority with tlsCAFile instead of tlsVerifyCert=false.',
      );
  }
}
