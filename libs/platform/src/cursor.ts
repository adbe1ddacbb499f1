import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Problem } from './problem.js';

const MAC_BYTES = 16;

/**
 * Cursors say where a list goes on. They are signed, and good for one tenant and one list alone: a caller can neither
 * forge one nor carry it elsewhere.
 */
export class Cursors {
  private constructor(private readonly secret: Buffer) {}

  /**
   * The signing secret is derived from the password in the service's database URL: every instance of the service has the
   * same one without another setting, and it changes when the password does (lists under way then start again).
   * @throws Error where the URL has no password.
   */
  static from(databaseUrl: string): Cursors {
    const { password } = new URL(databaseUrl);
    if (!password)
      throw new Error('DATABASE_URL has no password, and cursors are signed with a secret derived from it. Give the role one.');
    return new Cursors(Buffer.from(hkdfSync('sha256', password, '', 'mizan list cursors', 32)));
  }

  /** @param list the tenant and everything that makes the list what it is: route, ledger, filters. */
  encode(list: readonly string[], payload: object): string {
    const text = Buffer.from(JSON.stringify(payload)).toString('base64url');
    return `${text}.${this.sign(list, text).toString('base64url')}`;
  }

  /** @throws Problem `invalid_cursor` for one that was not given out for this list. */
  decode<T extends object>(list: readonly string[], cursor: string): T {
    const [text, mac, ...rest] = cursor.split('.');
    const given = Buffer.from(mac ?? '', 'base64url');
    if (!text || rest.length > 0 || given.length !== MAC_BYTES || !timingSafeEqual(given, this.sign(list, text)))
      throw new Problem(
        'invalid_cursor',
        'The cursor is not one of this list. Take it from "next" of the page before, with the same query.',
        {
          field: 'cursor',
        },
      );
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as T;
  }

  private sign(list: readonly string[], text: string): Buffer {
    return createHmac('sha256', this.secret)
      .update(JSON.stringify([...list, text]))
      .digest()
      .subarray(0, MAC_BYTES);
  }
}
