import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { finished } from "node:stream/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeBytes } from "../lib/bytes.ts";
import { quote } from "../task/sh.ts";
import type { ExecOutput } from "../task/define-action.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Pipe } from "../transport/transport.ts";

/** Passes its words and streams to the socket, and ends as the command did. It has no secrets: the connection is ours. */
const relay = `import { readFileSync } from "node:fs";
import { connect } from "node:net";
const [, , path, ...words] = process.argv;
const socket = connect({ path, allowHalfOpen: true });
socket.write(JSON.stringify(words) + "\\n");
process.stdin.pipe(socket);
socket.pipe(process.stdout, { end: false });
socket.on("error", () => process.exit(255));
socket.on("end", () => process.stdout.write("", () => process.exit(Number(readFileSync(path + ".code", "utf8")))));
`;

export interface RemoteShellOptions {
  /** Starts a line of shell on the host, as the task's user. */
  readonly open: (command: string) => Promise<Pipe>;
  readonly signal: AbortSignal;
}

/**
 * Runs a program of the controller. What it starts as remote shell (`RSYNC_RSH`) leads to the host over the run's own connection, with all
 * its settings; passwords and keys never leave this process.
 */
export async function runWithRemoteShell(words: readonly string[], options: RemoteShellOptions): Promise<ExecOutput> {
  // Node gives programs text only; a lone surrogate (see lib/bytes.ts) would become another name.
  const odd = words.find((word) => /[\ud800-\udfff]/u.test(word));
  if (odd !== undefined)
    throw new TaskFailure(`${JSON.stringify(odd)} has bytes that are no UTF-8: expected a name that is text`);
  const directory = await mkdtemp(join(tmpdir(), "tsrun-"));
  const [socketPath, relayPath] = [join(directory, "s"), join(directory, "relay.mjs")];
  const failures: Error[] = [];
  const said: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket, options, said, `${socketPath}.code`).catch((error: unknown) => {
      failures.push(error as Error);
      socket.destroy();
    });
  });
  try {
    await writeFile(relayPath, relay, { mode: 0o600, flag: "wx" });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    // rsync splits the variable at blanks and knows quotes, not backslashes.
    const shell = [process.execPath, relayPath, socketPath].map((word) => `'${word}'`).join(" ");
    const output = await runLocally(words, shell, options.signal);
    const [failure] = failures;
    if (failure) throw failure;
    const stderr = `${decodeBytes(Buffer.concat(said))}${output.stderr}`;
    return { ...output, stderr };
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** The first line is what the program wants to run: an address, which is ours to know, and words that ssh would join with blanks. */
async function serve(socket: Socket, { open }: RemoteShellOptions, said: Buffer[], codePath: string): Promise<void> {
  const { line, rest } = await firstLine(socket);
  const [, ...command] = JSON.parse(line) as string[];
  const pipe = await open(command.join(" "));
  pipe.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  socket.on("close", () => pipe.destroy());
  if (rest.length > 0) pipe.stdin.write(rest);
  socket.pipe(pipe.stdin);
  pipe.stdout.pipe(socket, { end: false });
  const [{ code = 255 }] = await Promise.all([pipe.closed, finished(pipe.stdout).catch(() => {})]);
  await writeFile(codePath, String(code), { mode: 0o600 });
  socket.end();
  if (code === 127)
    throw new TaskFailure(`the host has no \`${command[0] ?? ""}\`: install it there first`, {
      stderr: decodeBytes(Buffer.concat(said)),
    });
}

function firstLine(socket: Socket): Promise<{ line: string; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf(10);
      if (end < 0) return;
      socket.off("data", onData);
      socket.pause();
      resolve({ line: seen.subarray(0, end).toString(), rest: seen.subarray(end + 1) });
    };
    socket.on("data", onData);
    socket.on("close", () => reject(new Error("the remote shell ended before it said what to run")));
  });
}

function runLocally(
  [program = "", ...args]: readonly string[],
  shell: string,
  signal: AbortSignal,
): Promise<ExecOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, LC_ALL: "C", RSYNC_RSH: shell },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
    });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") reject(error);
      else
        reject(
          new TaskFailure(`this machine has no \`${program}\`: install it (Debian: apt install ${quote(program)})`),
        );
    });
    child.on("close", (code) => {
      const stdoutBytes = Buffer.concat(stdout);
      const texts = { stdout: decodeBytes(stdoutBytes), stderr: decodeBytes(Buffer.concat(stderr)) };
      resolve({ rc: code ?? 255, ...texts, stdoutBytes, timedOut: false, truncatedBytes: 0 });
    });
  });
}
