/**
 * A process that holds SSH connections for a run (`--workers`): key exchange and encryption are most of what a host costs. It knows nothing
 * of playbooks; bytes go through it. It ends with the run's process.
 */
import type { Writable } from "node:stream";
import { messageOf } from "../lib/errors.ts";
import { SshContext } from "./ssh-context.ts";
import { SshTransport } from "./ssh.ts";
import type { Pipe } from "./transport.ts";
import { plainError, type WorkerMessage, type WorkerRequest } from "./worker-messages.ts";

/** Output that the run has not taken yet; more stays with the host. */
const maxOnTheWay = 1024 * 1024;

interface HeldPipe {
  readonly pipe: Pipe;
  onTheWay: number;
}

const connections = new Map<number, SshTransport>();
const pipes = new Map<number, HeldPipe>();
const calls = new Map<number, AbortController>();
const questions = new Map<number, (text: string | undefined) => void>();
let lastQuestion = 0;

const context = new SshContext({
  warn: (message) => send({ type: "warning", message }),
  askPassphrase: (path) =>
    new Promise((resolve) => {
      const question = ++lastQuestion;
      questions.set(question, resolve);
      send({ type: "question", question, path });
    }),
});

// Ctrl-C reaches the whole process group; what it means is the run's decision.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit());
process.on("message", (request: WorkerRequest) => take(request));

function take(request: WorkerRequest): void {
  switch (request.type) {
    case "connect": {
      const transport = new SshTransport(request.settings, context);
      connections.set(request.connection, transport);
      return void settle(request.call, (signal) => transport.connect(signal));
    }
    case "open":
      return void settle(request.call, async (signal) => {
        const transport = connections.get(request.connection);
        if (!transport) throw new Error("no such connection");
        const pipe = await transport.open(request.command, signal);
        hold(request.pipe, request.connection, transport, pipe);
      });
    case "close":
      return void settle(request.call, async () => {
        await connections.get(request.connection)?.close();
        connections.delete(request.connection);
      });
    case "abort":
      return calls.get(request.call)?.abort();
    case "stdin": {
      const stdin = pipes.get(request.pipe)?.pipe.stdin;
      if (!stdin) return send({ type: "written", pipe: request.pipe });
      return whenTaken(stdin, request.bytes, () => send({ type: "written", pipe: request.pipe }));
    }
    case "stdin-end":
      return void pipes.get(request.pipe)?.pipe.stdin.end();
    case "destroy":
      return pipes.get(request.pipe)?.pipe.destroy();
    case "taken": {
      const held = pipes.get(request.pipe);
      if (!held) return;
      held.onTheWay -= request.count;
      if (held.onTheWay > maxOnTheWay) return;
      held.pipe.stdout.resume();
      held.pipe.stderr.resume();
      return;
    }
    case "answer":
      questions.get(request.question)?.(request.text);
      questions.delete(request.question);
  }
}

/** Does what a call asks for and says how it ended. */
async function settle(call: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const abort = new AbortController();
  calls.set(call, abort);
  try {
    await work(abort.signal);
    send({ type: "settled", call });
  } catch (error) {
    send({ type: "settled", call, error: plainError(error) });
  } finally {
    calls.delete(call);
  }
}

function hold(id: number, connection: number, transport: SshTransport, pipe: Pipe): void {
  const held: HeldPipe = { pipe, onTheWay: 0 };
  pipes.set(id, held);
  pipe.stdin.on("error", () => {});
  for (const stream of ["stdout", "stderr"] as const) {
    pipe[stream].on("data", (bytes: Uint8Array) => {
      held.onTheWay += bytes.length;
      if (held.onTheWay > maxOnTheWay) pipe[stream].pause();
      send({ type: "output", pipe: id, stream, bytes });
    });
    pipe[stream].on("end", () => send({ type: "output-end", pipe: id, stream }));
    pipe[stream].on("error", () => send({ type: "output-end", pipe: id, stream }));
  }
  void pipe.closed.then((end) => {
    if (transport.failure) send({ type: "failed", connection, message: messageOf(transport.failure) });
    send({ type: "closed", pipe: id, end });
    pipes.delete(id);
  });
}

function whenTaken(stdin: Writable, bytes: Uint8Array, then: () => void): void {
  if (stdin.write(bytes)) return then();
  const done = (): void => {
    stdin.removeListener("drain", done);
    stdin.removeListener("close", done);
    then();
  };
  stdin.once("drain", done);
  stdin.once("close", done);
}

function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}
