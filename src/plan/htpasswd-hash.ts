import { createHash, randomBytes } from "node:crypto";
import { bcrypt, bcryptSalt } from "../lib/bcrypt.ts";
import { md5Crypt, saltFrom, shaCrypt } from "../lib/crypt.ts";

/** Passlib's names, as the `htpasswd` module of Ansible takes them. */
export const hashSchemes = [
  "apr_md5_crypt",
  "bcrypt",
  "md5_crypt",
  "sha256_crypt",
  "sha512_crypt",
  "ldap_sha1",
  "plaintext",
] as const;
export type HashScheme = (typeof hashSchemes)[number];

/** Random bytes for {@link hashPassword}. */
export function newSalt(): Uint8Array {
  return randomBytes(16);
}

/** Hash of a password for a file that Apache and nginx read. `random`: at least 16 bytes for the salt. */
export function hashPassword(password: string, scheme: HashScheme, random: Uint8Array): string {
  const salt = (length: number) => saltFrom(random.subarray(0, length));
  switch (scheme) {
    case "apr_md5_crypt":
      return md5Crypt(password, salt(8), "$apr1$");
    case "md5_crypt":
      return md5Crypt(password, salt(8));
    case "bcrypt":
      return bcrypt(password, bcryptSalt(random), 12);
    case "sha256_crypt":
      return shaCrypt("sha256", password, salt(16), 535_000);
    case "sha512_crypt":
      return shaCrypt("sha512", password, salt(16), 656_000);
    case "ldap_sha1":
      return sha1(password);
    case "plaintext":
      return password;
  }
}

/** Whether a hash of any kind that {@link hashPassword} makes is of this password. */
export function isHashOf(hash: string, password: string): boolean {
  const [, kind = "", rounds, salt = ""] = /^\$(apr1|1|5|6)\$(?:rounds=(\d+)\$)?([^$]*)\$/.exec(hash) ?? [];
  const count = rounds === undefined ? undefined : Number(rounds);
  if (kind === "apr1") return md5Crypt(password, salt, "$apr1$") === hash;
  if (kind === "1") return md5Crypt(password, salt) === hash;
  if (kind === "5") return shaCrypt("sha256", password, salt, count) === hash;
  if (kind === "6") return shaCrypt("sha512", password, salt, count) === hash;
  const [, ident, cost, seed = ""] = /^\$(2[aby])\$(\d\d)\$([./A-Za-z0-9]{22})/.exec(hash) ?? [];
  if (ident !== undefined) return bcrypt(password, seed, Number(cost), ident as "2a" | "2b" | "2y") === hash;
  return hash === (hash.startsWith("{SHA}") ? sha1(password) : password);
}

function sha1(password: string): string {
  return `{SHA}${createHash("sha1").update(password).digest("base64")}`;
}
