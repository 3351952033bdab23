import { createHash } from "node:crypto";
import { framePlugin } from "../callable.ts";
import type { Frame } from "../frame.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { describeValue, isInteger } from "../values.ts";
import { bcrypt, bcryptSalt } from "../../lib/bcrypt.ts";
import { md5Crypt, saltFrom, shaCrypt } from "../../lib/crypt.ts";
import type { PluginTable } from "./table.ts";

export const passwordFilters: PluginTable = {
  password_hash: framePlugin("hashtype?, salt?, salt_size?, rounds?, ident?", passwordHash),
};

const NAMES: Readonly<Record<string, "md5" | "sha256" | "sha512" | "bcrypt">> = {
  blowfish: "bcrypt",
  bcrypt: "bcrypt",
  md5: "md5",
  md5_crypt: "md5",
  sha256: "sha256",
  sha256_crypt: "sha256",
  sha512: "sha512",
  sha512_crypt: "sha512",
};

/** The rounds that crypt(3) itself takes when none are written: Ansible asks for more, and writes them. */
const ANSIBLE_ROUNDS = { sha256: 535_000, sha512: 656_000 } as const;

/** A password for `/etc/shadow`. Without a salt every run makes another one: give a salt to stay idempotent. */
function passwordHash(
  frame: Frame,
  value: unknown,
  type: unknown = "sha512",
  salt?: unknown,
  saltSize?: unknown,
  rounds?: unknown,
  ident?: unknown,
): string {
  const kind = typeof type === "string" && Object.hasOwn(NAMES, type) ? NAMES[type] : undefined;
  if (!kind)
    throw templateError(
      `unsupported kind of password ${describeValue(type)}`,
      "it is `sha512`, `sha256`, `bcrypt` or `md5`",
    );
  const password = toText(value);
  if (password.includes("\0")) throw templateError("a password cannot contain a NUL character");
  if (kind === "bcrypt") return bcryptHash(frame, password, salt, rounds, ident);
  const maximum = kind === "md5" ? 8 : 16;
  const size = isInteger(saltSize) ? Number(saltSize) : maximum;
  const seed = checkSalt(
    salt === undefined || salt === null || salt === "" ? randomSalt(frame, size) : toText(salt),
    maximum,
  );
  if (kind === "md5") return md5Crypt(password, seed);
  const count = rounds === undefined || rounds === null ? ANSIBLE_ROUNDS[kind] : Number(rounds);
  if (!Number.isInteger(count)) throw templateError(`the rounds are an integer, got ${describeValue(rounds)}`);
  return remembered(`${kind} ${count} ${seed} ${password}`, () =>
    // passlib does not write crypt's own default of 5000 rounds.
    shaCrypt(kind, password, seed, count === 5000 ? undefined : count),
  );
}

function bcryptHash(frame: Frame, password: string, salt: unknown, rounds: unknown, ident: unknown): string {
  const name = ident === undefined || ident === null ? "2b" : ident;
  if (name !== "2a" && name !== "2b" && name !== "2y")
    throw templateError(`unsupported ident ${describeValue(name)}`, "it is `2b`, `2a` or `2y`");
  const cost = rounds === undefined || rounds === null ? 12 : Number(rounds);
  if (!Number.isInteger(cost) || cost < 4 || cost > 31)
    throw templateError(`the rounds of bcrypt are 4 to 31, got ${describeValue(rounds)}`);
  const given = salt === undefined || salt === null || salt === "" ? undefined : toText(salt);
  if (given !== undefined && !/^[./0-9A-Za-z]{22}$/.test(given))
    throw templateError("the salt of bcrypt has 22 characters of `./0-9A-Za-z`");
  const seed = given ?? bcryptSalt(randomBytes(frame, 16));
  return remembered(`bcrypt ${name} ${cost} ${seed} ${password}`, () => bcrypt(password, seed, cost, name));
}

const made = new Map<string, string>();
const MAX_REMEMBERED = 200;

/** A hash takes a second by design; one password for a thousand hosts takes it once. Keys are digests: no password is kept. */
function remembered(inputs: string, make: () => string): string {
  const key = createHash("sha256").update(inputs).digest("base64");
  let hash = made.get(key);
  if (hash === undefined) {
    if (made.size >= MAX_REMEMBERED) made.clear();
    hash = make();
    made.set(key, hash);
  }
  return hash;
}

function randomSalt(frame: Frame, size: number): string {
  return saltFrom(randomBytes(frame, size));
}

function randomBytes(frame: Frame, size: number): Uint8Array {
  const bytes = frame.env.randomBytes?.(size);
  if (!bytes)
    throw templateError("random salts are not available here", "give a salt: `password_hash('sha512', salt)`");
  return bytes;
}

function checkSalt(salt: string, maximum: number): string {
  if (!/^[./0-9A-Za-z]+$/.test(salt))
    throw templateError("the salt of a password has characters other than `./0-9A-Za-z`");
  if (salt.length > maximum)
    throw templateError(`the salt of a password has at most ${maximum} characters, got ${salt.length}`);
  return salt;
}
