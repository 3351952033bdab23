import { encodeBytes } from "../lib/bytes.ts";
import { type DockerEngine, dockerCall, type DockerRequest, requestBody } from "../state/docker.ts";
import { type Command, runCommand, type Step } from "../task/change.ts";
import { type Sh, sh, shLines, userShell } from "../task/sh.ts";

/** Shell that makes a request, and fails when the Engine refuses. */
export type Call = (request: DockerRequest) => Sh;

/**
 * A step that calls the Engine's API. Bodies of requests come over standard input, one a line, and are variables of the shell that are not
 * exported: so what is in them (passwords in a container's variables) is not in scripts either, which `-vvvv` shows.
 */
export function dockerStep(
  engine: DockerEngine,
  write: (call: Call) => Sh,
  options: Omit<Command, "script" | "stdin"> = {},
): Step {
  const bodies: string[] = [];
  const script = write((request) => {
    if (request.body === undefined) return dockerCall(engine, request);
    bodies.push(requestBody(request.body));
    return dockerCall(engine, request, userShell(`"$b${bodies.length}"`));
  });
  if (bodies.length === 0) return runCommand(script, options);
  const reads = bodies.map((_, index) => userShell(`IFS= read -r b${index + 1} || exit`));
  const stdin = encodeBytes(bodies.map((body) => `${body}\n`).join(""));
  return runCommand(shLines([...reads, script]), { ...options, stdin });
}

/** Shell that makes requests in turn, up to the first that is refused. What the Engine says is left out. */
export function inTurn(call: Call, requests: readonly DockerRequest[]): Sh {
  return shLines(requests.map((request) => sh`${call(request)} >/dev/null || exit 1`));
}

/** {@link inTurn} as a step, which is not ended half-way: what is made is started too. */
export function dockerCalls(engine: DockerEngine, requests: readonly DockerRequest[]): Step {
  return dockerStep(engine, (call) => inTurn(call, requests), { protect: true });
}
