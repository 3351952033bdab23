import { execFileSync } from "node:child_process";
import { type Lookup, LookupError } from "./lookup.ts";

const maxOutputBytes = 64 * 1024 * 1024;

/** `lookup('pipe', 'command')`: output of a shell command on the controller. */
export const pipe: Lookup = (terms, _options, context) =>
  terms.map((term) => runShell(String(term), context.workingDirectory).trimEnd());

/** `lookup('lines', 'command')`: the same, a line each. */
export const lines: Lookup = (terms, _options, context) =>
  terms.flatMap((term) => runShell(String(term), context.workingDirectory).trimEnd().split("\n"));

/** `lookup('env', 'NAME')`: a variable of the environment that tsrun runs in; empty (or `default`) when it is not set. */
export const env: Lookup = (terms, options) =>
  terms.map((term) => process.env[String(term)] ?? options["default"] ?? "");

/** `lookup('url', 'http://…')`: body of a page. Templates are evaluated synchronously, so a child process fetches it. */
export const url: Lookup = (terms, options) =>
  terms.flatMap((term) => {
    const request = JSON.stringify({
      url: String(term),
      headers: options["headers"] ?? {},
      username: options["username"],
      password: options["password"],
      timeoutMs: Number(options["timeout"] ?? 10) * 1000,
    });
    const body = execFileSync(process.execPath, ["--input-type=module", "-e", fetchProgram], {
      input: request,
      encoding: "utf8",
      maxBuffer: maxOutputBytes,
      stdio: ["pipe", "pipe", "pipe"],
      env: options["validate_certs"] === false ? { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0" } : process.env,
    });
    return options["split_lines"] === false ? [body] : body.replace(/\n$/, "").split("\n");
  });

const fetchProgram = `
let text = ""; for await (const chunk of process.stdin) text += chunk;
const { url, headers, username, password, timeoutMs } = JSON.parse(text);
if (username) headers.authorization = "Basic " + Buffer.from(username + ":" + (password ?? "")).toString("base64");
const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
if (!response.ok) { console.error("HTTP " + response.status + " " + response.statusText); process.exit(1); }
process.stdout.write(Buffer.from(await response.arrayBuffer()));`;

function runShell(command: string, cwd: string): string {
  try {
    return execFileSync("/bin/sh", ["-c", command], {
      cwd,
      encoding: "utf8",
      maxBuffer: maxOutputBytes,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { status, stderr } = error as { status?: number; stderr?: string };
    throw new LookupError(`\`${command}\` ended with ${status ?? "a signal"}: ${(stderr ?? "").trim()}`);
  }
}
