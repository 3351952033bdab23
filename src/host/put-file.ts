import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { decodeBytes } from "../lib/bytes.ts";
import { TsrunError } from "../lib/errors.ts";
import type { Outcome } from "./outcome.ts";
import { type PutFileTarget, putFileScript, sha256Of, validateExitCode } from "./put-file-script.ts";
import type { Payload, ScriptRunner } from "./script-request.ts";

/** A file's content: bytes, or a source that is streamed. */
export type FileContent = Uint8Array | (Payload & { readonly sha256?: string | undefined });

export interface PutFileRequest extends PutFileTarget {
  readonly content: FileContent;
}

export interface PutFileResult {
  readonly backupFile?: string | undefined;
  /** A rename was impossible (a bind mount), so the file was rewritten: a crash in that moment could have torn it. */
  readonly inPlace?: boolean | undefined;
}

/**
 * Writes a whole file atomically, as the shell's user; always writes, whether or not the content differs. Throws `E_WRITE_FILE` with the
 * host's reason, `E_VALIDATE` when `validate` refuses the content (the old file stays), and the shell's own errors.
 *
 *     await putFile(shell, { path: "/etc/motd", content: Buffer.from("hello\n"), mode: "0644" });
 */
export async function putFile(
  shell: ScriptRunner,
  request: PutFileRequest,
  signal?: AbortSignal,
): Promise<PutFileResult> {
  const { content } = request;
  const size = content instanceof Uint8Array ? content.length : content.size;
  const sha256 =
    content instanceof Uint8Array ? sha256Of(content) : (content.sha256 ?? (await sha256OfPayload(content)));
  // Nothing is awaited for small content: what is asked along with the write must be sent after it.
  const isBig = content instanceof Uint8Array && size >= compressibleBytes;
  const packed = isBig ? await compressed(content) : undefined;
  if (packed) {
    const script = putFileScript(request, size, sha256, true).text;
    const outcome = await shell.run({ script, stdin: packed, signal });
    // A host without gzip gets the plain bytes.
    if (outcome.rc === 0 || !/gzip/.test(decodeBytes(outcome.stderr))) return putFileResult(request, outcome);
  }
  const script = putFileScript(request, size, sha256).text;
  const outcome = await shell.run({ script, stdin: content, signal });
  return putFileResult(request, outcome);
}

/** Below this a message is hardly faster for being smaller. */
export const compressibleBytes = 128 * 1024;

/** The bytes gzipped, where that saves a third and more. */
async function compressed(content: Uint8Array): Promise<Uint8Array | undefined> {
  const packed = await promisify(gzip)(content, { level: 3 });
  return packed.length < (content.length * 2) / 3 ? packed : undefined;
}

/** What the output of {@link putFileScript} says; for those who run it within a longer script. */
export function putFileResult(
  request: PutFileTarget,
  outcome: Pick<Outcome, "rc" | "stdout" | "stderr">,
): PutFileResult {
  const stderr = decodeBytes(outcome.stderr).trim();
  if (outcome.rc === validateExitCode && request.validate !== undefined) {
    const message = `\`${request.path}\`: the new content was refused by \`${request.validate}\`: ${stderr}`;
    throw new TsrunError({ code: "E_VALIDATE", message });
  }
  if (outcome.rc !== 0) throw writeError(request.path, stderr, outcome.rc);
  const stdout = decodeBytes(outcome.stdout);
  const isInPlace = /^in-place$/m.test(stdout);
  const backupFile = /^backup ([^]*?)\n(?:in-place\n)?$/m.exec(stdout)?.[1];
  return { ...(backupFile !== undefined && { backupFile }), ...(isInPlace && { inPlace: true }) };
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/nonexistent|No such file or directory/, "make the directory first, with the `file` module and `state: directory`"],
  [/Is a directory/, "give the file's own path, not its directory's"],
  [/No space left|Disk quota/, "free space on that file system; the old file is unchanged"],
  [/Read-only file system/, "the file system is mounted read-only"],
  [/ermission denied|not permitted/, "use `become: true`, or check the directory's owner"],
];

function writeError(path: string, stderr: string, rc: number): TsrunError {
  const lines = stderr.split("\n").filter((text) => !text.startsWith("Try '"));
  const line = lines.find((text) => hints.some(([pattern]) => pattern.test(text))) ?? lines.at(-1) ?? "";
  const hint = hints.find(([pattern]) => pattern.test(line))?.[1];
  const known = hint === undefined ? undefined : /: ([^:]+)$/.exec(line)?.[1];
  const reason = known ?? (line === "" ? `exit code ${rc}` : line.replace(/^[a-z]+: /, ""));
  return new TsrunError({
    code: "E_WRITE_FILE",
    message: `cannot write \`${path}\` on the host: ${reason}`,
    hint,
    cause: stderr,
  });
}

async function sha256OfPayload(payload: Payload): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of payload.open()) hash.update(chunk);
  return hash.digest("hex");
}
