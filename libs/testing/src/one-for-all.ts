import type { TestServer } from './servers.js';

interface Lease {
  readonly address: string;
  release(): Promise<void>;
}

/** One server for all who ask for it: started for the first, stopped with the last. An address that is given is only handed on. */
export function oneForAll(given: () => string | undefined, start: () => Promise<TestServer>): { acquire(): Promise<Lease> } {
  let holders = 0;
  let starting: Promise<TestServer> | undefined;
  return {
    acquire: async () => {
      const address = given();
      if (address !== undefined) return { address, release: () => Promise.resolve() };
      holders += 1;
      starting ??= start();
      const server = await starting.catch((error: unknown) => {
        holders -= 1;
        starting = undefined;
        throw error;
      });
      let released = false;
      return {
        address: server.address,
        release: async () => {
          if (released) return;
          released = true;
          holders -= 1;
          if (holders > 0) return;
          starting = undefined;
          await server.stop();
        },
      };
    },
  };
}
