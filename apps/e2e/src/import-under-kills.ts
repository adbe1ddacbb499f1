/// <reference types="jest" />
import { MizanClient } from '@mizan/client';
import { decodeEvent } from '@mizan/contracts';
import type { Platform } from '@mizan/testing';
import { balances, readHistory } from './berka-history.js';
import { mizan } from './mizan.js';
import { Witness } from './witness.js';

const LEDGER = 'berka';
const MOVEMENTS = 49_102;

/** A platform with nothing in it, and what is killed in the middle of an import, once so many transfers have been acknowledged. */
export interface Stage {
  readonly platform: Platform;
  readonly kills: readonly { readonly at: number; readonly kill: () => Promise<unknown> }[];
  stop(): Promise<void>;
}

/** Imports the bank's history while processes are killed: nothing that was acknowledged is lost, nothing is doubled. */
export function describeImportUnderKills(what: string, raise: () => Promise<Stage>): void {
  describe(`an import while ${what} is killed`, () => {
    let stage: Stage;
    let platform: Platform;
    let witness: Witness;
    let client: MizanClient;
    beforeAll(async () => {
      stage = await raise();
      ({ platform } = stage);
      witness = new Witness(platform);
      client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
    }, 120_000);
    afterAll(async () => {
      await client?.close();
      witness?.close();
      await stage?.stop();
    }, 60_000);

    it('loses and doubles nothing', async () => {
      const url = await witness.listen();
      const importing = () => mizan({ url, apiKey: platform.apiKey }, 'import', 'berka', '--json');
      const kills = [...stage.kills];
      const killed: Promise<unknown>[] = [];
      witness.onAcknowledged = () => {
        if (kills.length > 0 && witness.acknowledged.size >= kills[0]!.at) killed.push(kills.shift()!.kill());
      };

      // It may get over the kills by itself, or give up and say so: 1 failed, 6 outcome unknown.
      const first = await importing();
      expect([0, 1, 6]).toContain(first.code);
      // One that gave up is done again, until all kills have come.
      for (let tries = 0; kills.length > 0 && tries < 4; tries += 1) {
        await platform.ready('transfers');
        await importing();
      }
      await Promise.all(killed);
      expect(killed).toHaveLength(stage.kills.length);

      await platform.ready('transfers');
      const last = await importing();
      expect(last.err).toBe('');
      expect(JSON.parse(last.out)).toMatchObject({ rows: MOVEMENTS, refused: 0 });
      expect(last.code).toBe(0);

      const positions = new Map<string, number>();
      const twice: string[] = [];
      for await (const { position, event, texts } of client.journal(LEDGER)) {
        const decoded = decodeEvent(event, texts);
        if (decoded.type !== 'EntryPosted') continue;
        if (positions.has(decoded.command.id)) twice.push(decoded.command.id);
        positions.set(decoded.command.id, position);
      }
      expect(twice).toEqual([]);
      expect(positions.size).toBe(MOVEMENTS);
      expect(witness.contradictions).toEqual([]);
      expect(witness.acknowledged.size).toBe(MOVEMENTS);
      expect([...witness.acknowledged].filter(([id, position]) => positions.get(id) !== position)).toEqual([]);
    }, 400_000);

    it('leaves the balances, the statements and the journal as if nothing had happened', async () => {
      const history = readHistory();
      const expected = balances(history);
      const { position } = await client.ledger(LEDGER);
      const found = new Map<string, bigint>();
      for await (const { id, balances: said } of client.accounts(LEDGER, { prefix: 'clients:', minPosition: position }))
        found.set(id, BigInt(said.posted));
      expect([...expected].filter(([id, balance]) => found.get(id) !== balance)).toEqual([]);
      expect(found.size).toBe(expected.size);

      // Within a day they stand in the order in which they were written, which the kills may change.
      const lines: string[] = [];
      for await (const page of client.statement(LEDGER, 'clients:2378', { minPosition: position }))
        lines.push(...page.lines.map(({ effectiveAt, side, amount }) => `${effectiveAt.slice(0, 10)} ${side} ${amount}`));
      const mine = history.filter(({ account }) => account === 'clients:2378');
      expect(lines.sort()).toEqual(mine.map(({ date, isCredit, amount }) => `${date} ${isCredit ? 'credit' : 'debit'} ${amount}`).sort());

      expect((await mizan(platform, 'replay')).out).toMatch(/\nall equal at position 50,350 of berka\n$/);
    }, 120_000);
  });
}
