import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A line to a server through which everything goes, until it is told to be slow or to go dead. */
export class Line {
  readonly #server = createServer((near) => this.#carry(near));
  readonly #sockets = new Set<Socket>();
  #delayMs: (() => number) | null = null;
  #dead: { readonly over: Promise<void>; readonly end: () => void } | null = null;

  constructor(private readonly port: number) {}

  /** @returns the port at which the line begins. */
  async open(): Promise<number> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Each piece that is sent, either way, takes so long, ms; null: no time at all. */
  slow(delayMs: (() => number) | null): void {
    this.#delayMs = delayMs;
  }

  /** Nothing comes through any more, and neither end is told. What was sent meanwhile arrives when the line is mended. */
  die(): void {
    if (this.#dead) return;
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    this.#dead = { over, end };
  }

  mend(): void {
    const dead = this.#dead;
    this.#dead = null;
    dead?.end();
  }

  close(): void {
    this.mend();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #carry(near: Socket): void {
    const far = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    near.setNoDelay(true);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(this.#hindrance()).pipe(to);
    }
  }

  #hindrance(): Transform {
    return new Transform({
      transform: (piece, _encoding, done) => {
        if (!this.#delayMs && !this.#dead) done(null, piece);
        else void this.#hinder().then(() => done(null, piece));
      },
    });
  }

  async #hinder(): Promise<void> {
    if (this.#delayMs) await sleep(this.#delayMs());
    await this.#dead?.over;
  }
}
