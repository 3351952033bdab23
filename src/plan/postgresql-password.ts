import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { pgLiteral } from "../lib/postgresql-text.ts";

const scram = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/;
const md5 = /^md5[0-9a-f]{32}$/;

/** Whether a text is what PostgreSQL keeps of a password rather than a password. */
export function isVerifier(text: string): boolean {
  return scram.test(text) || md5.test(text);
}

/** Whether what a server keeps for a role (`pg_authid.rolpassword`) was made of this password, or is it. */
export function isPasswordOf(stored: string, role: string, password: string): boolean {
  if (isVerifier(password)) return stored === password;
  const [, rounds, salt, , serverKey] = scram.exec(stored) ?? [];
  if (rounds === undefined || salt === undefined) return stored === md5Verifier(role, password);
  return keysOf(password, Buffer.from(salt, "base64"), Number(rounds)).serverKey === serverKey;
}

/**
 * SQL that makes a statement with the password at `%L`, for psql's `\gexec`. The server gets a verifier of the kind that it is set to keep,
 * never the password: what it logs, and what its statistics hold, tells nothing. psql's `\password` does the same.
 *
 * `salt`: at least 16 random bytes.
 */
export function passwordSql(role: string, password: string, salt: Uint8Array, statement: string): string {
  const verifier = isVerifier(password)
    ? pgLiteral(password)
    : `CASE current_setting('password_encryption') WHEN 'scram-sha-256' THEN ${pgLiteral(scramVerifier(password, salt))} ELSE ${pgLiteral(md5Verifier(role, password))} END`;
  return `SELECT format(${pgLiteral(statement)}, ${verifier}) \\gexec`;
}

function md5Verifier(role: string, password: string): string {
  return `md5${createHash("md5").update(password).update(role).digest("hex")}`;
}

function scramVerifier(password: string, random: Uint8Array): string {
  const [salt, rounds] = [Buffer.from(random.subarray(0, 16)), 4096];
  const { storedKey, serverKey } = keysOf(password, salt, rounds);
  return `SCRAM-SHA-256$${rounds}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/** RFC 5802, section 3. */
function keysOf(password: string, salt: Uint8Array, rounds: number): { storedKey: string; serverKey: string } {
  const salted = pbkdf2Sync(saslPrep(password), salt, rounds, 32, "sha256");
  const hmac = (text: string): Buffer => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return { storedKey, serverKey: hmac("Server Key").toString("base64") };
}

/** Characters that RFC 4013 maps to nothing, and those that it prohibits; emoji are younger than its Unicode 3.2. */
const mappedToNothing =
  /\u{ad}|\u{34f}|\u{1806}|\u{180b}|\u{180c}|\u{180d}|[\u{200b}\u{200c}\u{2060}\u{feff}]|\u{200d}|\p{Variation_Selector}/gu;
const prohibited =
  /[\p{Cc}\p{Co}\p{Cs}\p{Cn}\u0340\u0341\u200e\u200f\u2028-\u202e\u206a-\u206f\ufff9-\uffff\u{1f000}-\u{1ffff}\u{e0000}-\u{e007f}]/u;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

/** SASLprep as libpq does it: a password that it refuses is taken as it is. */
function saslPrep(password: string): string {
  // oxlint-disable-next-line no-control-regex
  if (/^[\u0000-\u007f]*$/.test(password)) return password;
  const mapped = password
    .replace(mappedToNothing, "")
    .replace(/\p{Zs}/gu, " ")
    .normalize("NFKC");
  if (mapped === "" || prohibited.test(mapped)) return password;
  const isMixed = rightToLeft.test(mapped) && /\p{Script=Latin}/u.test(mapped);
  return isMixed ? password : mapped;
}
