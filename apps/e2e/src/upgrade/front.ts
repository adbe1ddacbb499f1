import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** One address before several servers, as a balancer of connections has it: each in its turn, and whoever is not there is passed over. */
export class Front {
  readonly #server = createServer((near) => this.#carry(near, [...this.ports.slice(this.#turn), ...this.ports.slice(0, this.#turn)]));
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  private constructor(private readonly ports: readonly number[]) {}

  static async open(ports: readonly number[]): Promise<Front> {
    const front = new Front(ports);
    await once(front.#server.listen(0, '127.0.0.1'), 'listening');
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(near: Socket, [port, ...others]: readonly number[]): void {
    if (port === undefined) return void near.destroy();
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    const notThere = (): void => this.#carry(near, others);
    far.once('error', notThere);
    far.once('connect', () => {
      this.#turn = (this.#turn + 1) % this.ports.length;
      far.off('error', notThere);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => undefined);
        from.on('close', () => {
          this.#sockets.delete(from);
          // What is on its way to it still arrives.
          to.destroySoon();
        });
        from.pipe(to);
      }
    });
  }
}
