import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import { type Envelope, formatEnvelope, parseEnvelope } from "./envelope.ts";

/** A password and the vault id it belongs to; `default` for passwords without one. */
export interface VaultPassword {
  readonly label: string;
  readonly password: string;
}

export interface Decrypted {
  readonly bytes: Uint8Array;
  /** Vault id of the password that fitted. */
  readonly label: string;
  readonly password: string;
}

/**
 * Opens an envelope with the first password that fits; those with the envelope's label are tried first, as Ansible does.
 * Throws E_VAULT_FORMAT, E_VAULT_NO_PASSWORD, E_VAULT_PASSWORD. `at` is where the text stands, `name` what it is called in errors.
 */
export function decryptVault(
  text: string,
  passwords: readonly VaultPassword[],
  where: { readonly at?: SourceRange | undefined; readonly name?: string } = {},
): Decrypted {
  const { at } = where;
  const name = where.name === undefined ? "this value" : `\`${where.name}\``;
  const envelope = parseEnvelope(text, at);
  const hint = `--vault-id ${envelope.label ?? "default"}@FILE`;
  if (passwords.length === 0) {
    throw new TsrunError({
      code: "E_VAULT_NO_PASSWORD",
      message: `${name} is encrypted, and no vault password was given`,
      at,
      hint,
    });
  }
  const labelled = passwords.filter(({ label }) => label === envelope.label);
  for (const candidate of new Set([...labelled, ...passwords])) {
    const bytes = tryPassword(envelope, candidate.password);
    if (bytes) return { bytes, ...candidate };
  }
  const tried = [...new Set(passwords.map(({ label }) => `\`${label}\``))].join(", ");
  const wanted = envelope.label === undefined ? "" : `, which was encrypted with vault id \`${envelope.label}\``;
  throw new TsrunError({
    code: "E_VAULT_PASSWORD",
    message: `no vault password opens ${name}${wanted} (tried ${tried})`,
    at,
    hint,
  });
}

/** Encrypts bytes as `ansible-vault` does. A label makes format 1.2, none format 1.1. `salt` is for tests only. */
export function encryptVault(
  bytes: Uint8Array,
  password: string,
  options: { readonly label?: string | undefined; readonly salt?: Uint8Array } = {},
): string {
  const salt = options.salt ?? randomBytes(32);
  const { cipherKey, hmacKey, iv } = deriveKeys(password, salt);
  const cipher = createCipheriv("aes-256-ctr", cipherKey, iv);
  const ciphertext = Buffer.concat([cipher.update(pad(bytes)), cipher.final()]);
  const hmac = createHmac("sha256", hmacKey).update(ciphertext).digest();
  // Ansible writes 1.1 for its default id, so that old versions can read it.
  const label = options.label === "default" ? undefined : options.label;
  return formatEnvelope({ label, salt, hmac, ciphertext });
}

function tryPassword(envelope: Envelope, password: string): Uint8Array | undefined {
  const { cipherKey, hmacKey, iv } = deriveKeys(password, envelope.salt);
  const hmac = createHmac("sha256", hmacKey).update(envelope.ciphertext).digest();
  if (hmac.length !== envelope.hmac.length || !timingSafeEqual(hmac, envelope.hmac)) return undefined;
  const decipher = createDecipheriv("aes-256-ctr", cipherKey, iv);
  return unpad(Buffer.concat([decipher.update(envelope.ciphertext), decipher.final()]));
}

/** parsing/vault/__init__.py: PBKDF2-HMAC-SHA256, 10,000 rounds, 32 bytes for AES, 32 for the HMAC, 16 for the counter. */
function deriveKeys(
  password: string,
  salt: Uint8Array,
): { cipherKey: Uint8Array; hmacKey: Uint8Array; iv: Uint8Array } {
  const bytes = pbkdf2Sync(password, salt, 10_000, 80, "sha256");
  return { cipherKey: bytes.subarray(0, 32), hmacKey: bytes.subarray(32, 64), iv: bytes.subarray(64, 80) };
}

/** PKCS#7 to 16 bytes. Counter mode needs no padding, but the format has it. */
function pad(bytes: Uint8Array): Uint8Array {
  const length = 16 - (bytes.length % 16);
  return Buffer.concat([bytes, Buffer.alloc(length, length)]);
}

function unpad(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length - (bytes.at(-1) ?? 0));
}
