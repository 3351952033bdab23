import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { TsrunError } from "../../lib/errors.ts";
import { decryptVault, type Decrypted, type VaultPassword } from "../../vault/cipher.ts";
import { isVaultEnvelope, parseEnvelope } from "../../vault/envelope.ts";
import type { CliContext } from "../command.ts";

/** Stands for standard input and output, as in ansible-vault. */
export const STANDARD = "-";

/** Content of a file, or of standard input for `-`. */
export async function readInput(name: string, context: CliContext): Promise<Uint8Array> {
  if (name === STANDARD) {
    if (context.stdin.isTTY) context.stderr.write("reading standard input; Ctrl-D ends it\n");
    const chunks: Uint8Array[] = [];
    for await (const chunk of context.stdin)
      chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array));
    return Buffer.concat(chunks);
  }
  try {
    return readFileSync(resolve(context.cwd, name));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === "ENOENT" ? "it does not exist" : code === "EISDIR" ? "it is a directory" : String(code);
    throw new TsrunError({ code: "E_FILE_NOT_FOUND", message: `cannot read \`${name}\`: ${why}`, cause });
  }
}

/** Whether some bytes are a vault file. */
export function isEncrypted(bytes: Uint8Array): boolean {
  return isVaultEnvelope(Buffer.from(bytes.subarray(0, 64)).toString("latin1"));
}

export interface Opened extends Decrypted {
  /** The label in the file's header; undefined in format 1.1. */
  readonly headerLabel: string | undefined;
}

/** Opens a vault file's bytes. Throws E_VAULT_NOT_ENCRYPTED for anything else. */
export function openVault(bytes: Uint8Array, name: string, passwords: readonly VaultPassword[]): Opened {
  if (!isEncrypted(bytes)) {
    throw new TsrunError({
      code: "E_VAULT_NOT_ENCRYPTED",
      message: `\`${name}\` is not encrypted`,
      hint: `tsrun vault encrypt ${name}`,
    });
  }
  const text = Buffer.from(bytes).toString("utf8");
  const at = { source: { path: name, text }, start: 0, end: text.search(/\n|$/) };
  const headerLabel = parseEnvelope(text, at).label;
  return { ...decryptVault(text, passwords, { name }), headerLabel };
}
