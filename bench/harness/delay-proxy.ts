import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/**
 * A way to a host that takes time: every byte arrives `delayMs` later, in both directions. Counts round trips by causality: what is sent after
 * something has arrived may be an answer to it and belongs to the next one; what is sent without waiting costs none.
 * TCP's own handshake is not delayed; a real distance adds its one round trip.
 */
export class DelayProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The longest chain of request and answer of any connection since {@link reset}. */
  roundTrips = 0;
  connections = 0;

  private constructor(host: string, port: number, delayMs: number) {
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = connect({ host, port, noDelay: true });
      this.connections += 1;
      let arrivedNear = 0;
      let arrivedFar = 0;
      this.#forward(near, far, delayMs, {
        sent: () => arrivedNear + 1,
        arrived: (trip) => {
          arrivedFar = Math.max(arrivedFar, trip);
        },
      });
      this.#forward(far, near, delayMs, {
        sent: () => arrivedFar,
        arrived: (trip) => {
          arrivedNear = Math.max(arrivedNear, trip);
          this.roundTrips = Math.max(this.roundTrips, trip);
        },
      });
    });
  }

  static async to(host: string, port: number, delayMs: number): Promise<DelayProxy> {
    const proxy = new DelayProxy(host, port, delayMs);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  reset(): void {
    this.roundTrips = 0;
    this.connections = 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #forward(
    from: Socket,
    to: Socket,
    delayMs: number,
    count: { readonly sent: () => number; readonly arrived: (trip: number) => void },
  ): void {
    this.#sockets.add(from);
    // Timers of one length fire in the order in which they were set, so bytes stay in order.
    from.on("data", (chunk: Buffer) => {
      const trip = count.sent();
      setTimeout(() => {
        count.arrived(trip);
        if (!to.destroyed) to.write(chunk);
      }, delayMs);
    });
    from.on("end", () => setTimeout(() => to.end(), delayMs));
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      setTimeout(() => to.destroy(), delayMs + 1000).unref();
    });
  }
}
