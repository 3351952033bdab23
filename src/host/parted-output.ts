import { randomBytes } from "node:crypto";
import { type Sh, userShell } from "../task/sh.ts";

/** The output of one script out of several that ran as one. */
export interface OutputPart {
  readonly rc: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** Parts the outputs of scripts that travel in one message, by a nonce that the host cannot have known. */
export class PartedOutput {
  readonly #nonce = randomBytes(16).toString("hex");

  /** Shell that goes behind each script and keeps its exit code in `r`. */
  get end(): Sh {
    return userShell(`r=$?; printf '\\n${this.#nonce} %s\\n' $r; printf '\\n${this.#nonce}\\n' >&2`);
  }

  /** What each script said, in order; those without an end of their own are left out. */
  parts(output: { readonly stdout: Uint8Array; readonly stderr: Uint8Array }): readonly OutputPart[] {
    const errors = this.#split(output.stderr);
    return this.#split(output.stdout).map(({ bytes, word }, index) => ({
      rc: Number(word),
      stdout: bytes,
      stderr: errors[index]?.bytes ?? new Uint8Array(),
    }));
  }

  /** What stands before each line that begins with the nonce, and the rest of that line. */
  #split(bytes: Uint8Array): readonly { readonly bytes: Uint8Array; readonly word: string }[] {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found: { bytes: Uint8Array; word: string }[] = [];
    for (let from = 0; ; ) {
      const at = all.indexOf(`\n${this.#nonce}`, from, "latin1");
      const end = at < 0 ? -1 : all.indexOf(10, at + 1);
      if (end < 0) return found;
      const word = all.toString("latin1", at + 1 + this.#nonce.length, end).trim();
      found.push({ bytes: all.subarray(from, at), word });
      from = end + 1;
    }
  }
}
