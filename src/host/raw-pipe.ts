import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { TsrunError } from "../lib/errors.ts";
import type { Pipe, Transport } from "../transport/transport.ts";
import { ShellStarter, type ShellOptions, standardPath } from "./shell-starter.ts";

/** Of what a login shell may print before our first word. */
const noiseLimit = 1 << 20;

/**
 * Starts a command as the user of the options and hands over its bare streams: for programs that speak a protocol of their own, such as
 * rsync. `command` is one line of shell. Resolves when the command is about to start.
 */
export async function openRawPipe(
  transport: Transport,
  options: ShellOptions,
  command: string,
  signal?: AbortSignal,
): Promise<Pipe> {
  if (/[\n\r\0]/.test(command)) throw new TypeError("the command of a raw pipe is one line");
  const starter = new ShellStarter(options);
  let giveUp: (error: Error) => void = () => {};
  const refused = new Promise<never>((_resolve, reject) => {
    giveUp = reject;
  });
  refused.catch(() => {});
  const pipe = await starter.open(transport, giveUp, signal);
  const timeoutMs = options.startTimeoutMs ?? 30_000;
  const timer = setTimeout(
    () => giveUp(starter.failure("", new Error(`no answer in ${timeoutMs / 1000} s`))),
    timeoutMs,
  );
  const onAbort = (): void =>
    giveUp(new TsrunError({ code: "E_INTERRUPTED", message: `${options.hostName}: interrupted` }));
  signal?.addEventListener("abort", onAbort, { once: true });
  const ended = pipe.closed.then((end) => {
    throw starter.failure("", undefined, transport, end);
  });
  ended.catch(() => {});
  try {
    // The stub reads its line byte by byte, so that what follows is the command's.
    if (starter.announced) await Promise.race([readPast(pipe.stdout, `${starter.nonce}\n`), refused, ended]);
    const mark = randomBytes(16).toString("hex");
    pipe.stdin.write(`PATH=${options.path ?? standardPath}:$PATH;umask 022;echo ${mark};${command}\n`);
    await Promise.race([readPast(pipe.stdout, `${mark}\n`), refused, ended]);
    starter.finish();
    return pipe;
  } catch (error) {
    pipe.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Takes everything up to a text off a stream and leaves the rest in it. */
function readPast(stream: Readable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const onReadable = (): void => {
      for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) {
        seen = Buffer.concat([seen, chunk]);
        const at = seen.indexOf(text);
        if (at < 0 && seen.length <= noiseLimit) continue;
        stream.off("readable", onReadable);
        if (at < 0) return reject(new Error("the login shell prints without end"));
        const rest = seen.subarray(at + text.length);
        if (rest.length > 0) stream.unshift(rest);
        return resolve();
      }
    };
    stream.on("readable", onReadable);
    onReadable();
  });
}
