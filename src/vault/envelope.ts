import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";

/**
 * Ansible's vault format, as text: a header line and hexadecimal in lines of 80.
 *
 *     $ANSIBLE_VAULT;1.2;AES256;prod      1.1 has no label
 *     6162…                               hex of: hex(salt) \n hex(hmac) \n hex(ciphertext)
 */
export interface Envelope {
  readonly version: string;
  /** The vault id that it was encrypted with; undefined in format 1.1. */
  readonly label: string | undefined;
  readonly salt: Uint8Array;
  readonly hmac: Uint8Array;
  readonly ciphertext: Uint8Array;
}

const HEADER = "$ANSIBLE_VAULT;";

/** True for text that is a vault file as a whole. */
export function isVaultEnvelope(text: string): boolean {
  return text.startsWith(HEADER);
}

/** Takes an envelope apart. Throws E_VAULT_FORMAT; `at` is where the text stands. */
export function parseEnvelope(text: string, at?: SourceRange): Envelope {
  const lines = text.trim().split(/\r?\n/);
  const [, version = "", cipher = "", label] = (lines[0] ?? "").trim().split(";");
  if (!isVaultEnvelope(text.trim()) || !/^1\.[012]$/.test(version)) {
    throw formatError("expected a first line such as `$ANSIBLE_VAULT;1.1;AES256`", at);
  }
  if (cipher !== "AES256") throw formatError(`unknown cipher \`${cipher}\`: only \`AES256\` is supported`, at);
  const inner = unhex(lines.slice(1).join("").replace(/\s+/g, ""));
  const parts = inner && Buffer.from(inner).toString("latin1").split("\n");
  const [salt, hmac, ciphertext] = (parts ?? []).map(unhex);
  if (!salt || !hmac || !ciphertext || parts?.length !== 3) {
    throw formatError("the encrypted text is damaged: expected three fields in hexadecimal", at);
  }
  return { version, label: label?.trim() || undefined, salt, hmac, ciphertext };
}

/** Text of an envelope: format 1.2 with a label, 1.1 without. */
export function formatEnvelope(envelope: Omit<Envelope, "version">): string {
  const { label, salt, hmac, ciphertext } = envelope;
  const header = label === undefined ? `${HEADER}1.1;AES256` : `${HEADER}1.2;AES256;${label}`;
  const inner = [salt, hmac, ciphertext].map((field) => Buffer.from(field).toString("hex")).join("\n");
  const body = Buffer.from(inner, "latin1")
    .toString("hex")
    .replace(/.{1,80}/g, "$&\n");
  return `${header}\n${body}`;
}

function unhex(text: string): Uint8Array | undefined {
  return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text) ? Buffer.from(text, "hex") : undefined;
}

function formatError(message: string, at: SourceRange | undefined): TsrunError {
  return new TsrunError({
    code: "E_VAULT_FORMAT",
    message,
    at,
    hint: "encrypt it anew with `tsrun vault encrypt-string`",
  });
}
