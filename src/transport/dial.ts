import { connect, type LookupFunction, type Socket } from "node:net";
import { TsrunError } from "../lib/errors.ts";
import { resolveName } from "./resolve-name.ts";
import { reasonOf, unreachable } from "./unreachable.ts";

export interface DialOptions {
  readonly inventoryName: string;
  readonly host: string;
  readonly port: number;
  readonly family: 0 | 4 | 6;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A TCP connection without Nagle's delay, over whichever address family answers (RFC 8305). Throws `E_UNREACHABLE`. */
export async function dial(options: DialOptions): Promise<Socket> {
  const { host, port, family, timeoutMs, signal, inventoryName } = options;
  const where = `${inventoryName} (${host}:${port})`;
  const found = await resolveName(host, timeoutMs).catch((cause: unknown) => {
    throw unreachable(where, "dns", cause);
  });
  const addresses = found.filter((address) => family === 0 || address.family === family);
  if (addresses.length === 0) throw unreachable(where, "dns", new Error("no address of the wanted family"));
  if (signal?.aborted) throw interrupted(inventoryName);
  const lookup: LookupFunction = (_name, _options, done) => done(null, [...addresses]);
  const socket = connect({
    host,
    port,
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: 250,
    noDelay: true,
  });
  sendTogether(socket);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => fail(unreachable(where, "timeout", new Error(`no answer in ${timeoutMs / 1000} s`))),
      timeoutMs,
    );
    const onAbort = () => fail(interrupted(inventoryName));
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const fail = (error: Error) => {
      finish();
      socket.destroy();
      reject(error);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", () => {
      finish();
      // Whoever takes the socket listens for himself; until then an error must not end the program.
      socket.removeAllListeners("error").on("error", () => {});
      resolve(socket);
    });
    socket.once("error", (error) => {
      const [cause = error] = error instanceof AggregateError ? (error.errors as Error[]) : [error];
      fail(unreachable(where, reasonOf(cause), cause));
    });
  });
}

/** ssh2 writes each packet by itself: those of one moment leave in one system call, and wake the other side once. */
function sendTogether(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isHeld = false;
  socket.write = (...args: unknown[]): boolean => {
    if (!isHeld) {
      isHeld = true;
      socket.cork();
      process.nextTick(() => {
        isHeld = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}

export function interrupted(inventoryName: string): TsrunError {
  return new TsrunError({ code: "E_INTERRUPTED", message: `${inventoryName}: interrupted while connecting` });
}
