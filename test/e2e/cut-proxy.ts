import { createServer, connect, type Server, type Socket } from "node:net";

/** A TCP proxy on loopback that cuts a connection after a number of bytes, and then lets nobody in. */
export class CutProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  port = 0;
  /** Bytes of both directions since the last reset. */
  bytes = 0;
  /** Cut when so many bytes went through; Infinity lets everything pass. */
  limit = Number.POSITIVE_INFINITY;

  private constructor(host: string, port: number) {
    this.#server = createServer((client) => {
      const target = connect({ host, port, noDelay: true });
      client.setNoDelay(true);
      this.#join(client, target);
      this.#join(target, client);
    });
  }

  static async to(host: string, port: number): Promise<CutProxy> {
    const proxy = new CutProxy(host, port);
    await proxy.#listen();
    const address = proxy.#server.address();
    proxy.port = typeof address === "object" && address ? address.port : 0;
    return proxy;
  }

  /** Starts to count anew; the next connections are cut after `limit` bytes. */
  async reset(limit: number): Promise<void> {
    this.bytes = 0;
    this.limit = limit;
    if (!this.#server.listening) await this.#listen();
  }

  #listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.port, "127.0.0.1", resolve));
  }

  /** Cuts now. */
  close(): void {
    this.#cut();
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.on("data", (chunk) => {
      const room = this.limit - this.bytes;
      this.bytes += chunk.length;
      if (chunk.length < room) to.write(chunk);
      else {
        to.write(chunk.subarray(0, Math.max(0, room)));
        this.#cut();
      }
    });
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
    // A refused connection is not tried again, a reset one is for some seconds.
    this.#server.close();
  }
}
