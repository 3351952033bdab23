import { execFileSync } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import { decryptVault, type VaultPassword } from "../vault/cipher.ts";
import { parseYamlDocument } from "../yaml/parse-yaml.ts";
import type { VaultText } from "../yaml/vault-text.ts";
import type { RunHooks, VaultOptions } from "./options.ts";
import { expandHome } from "./search-path.ts";

/** The vault passwords of a run: asked, read from files, or printed by programs. */
export async function vaultPasswords(
  options: VaultOptions,
  cwd: string,
  hooks: RunHooks,
): Promise<readonly VaultPassword[]> {
  const { defaultLabel = "default" } = options;
  const passwords: VaultPassword[] = [...options.asked];
  const sources = [
    ...options.ids.map((id) => {
      const at = id.indexOf("@");
      return at < 0
        ? { label: defaultLabel, source: id }
        : { label: id.slice(0, at) || defaultLabel, source: id.slice(at + 1) };
    }),
    ...options.passwordFiles.map((source) => ({ label: defaultLabel, source })),
  ];
  for (const { label, source } of sources) {
    const password =
      source === "prompt" || source === "prompt_ask_vault_pass"
        ? await hooks.ask({ text: `Vault password (${label}): `, isSecret: true })
        : readPassword(resolve(cwd, expandHome(source)), label);
    passwords.push({ label, password });
  }
  for (const { password } of passwords) hooks.onSecret(password);
  return passwords;
}

/** A password file's content; an executable file is run and prints it (names that end in `-client` get `--vault-id`, as in Ansible). */
function readPassword(path: string, label: string): string {
  const fail = (why: string, cause?: unknown): TsrunError =>
    new TsrunError({ code: "E_VAULT_PASSWORD_FILE", message: `vault password file \`${path}\`: ${why}`, cause });
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw fail("does not exist");
  let text: string;
  try {
    accessSync(path, constants.X_OK);
    const isClient = /-client(\.[^./]+)?$/.test(path);
    text = execFileSync(path, isClient ? ["--vault-id", label] : [], {
      encoding: "utf8",
      stdio: ["inherit", "pipe", "inherit"],
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") throw fail("the program failed", error);
    text = readFileSync(path, "utf8");
  }
  const password = text.trim();
  if (password === "") throw fail("is empty");
  return password;
}

/** Opens vault files and `!vault` values; what it opens is told to `onSecret`, so that no output shows it. */
export class VaultReader {
  readonly #passwords: readonly VaultPassword[];
  readonly #onSecret: (value: string) => void;
  readonly #opened = new WeakMap<VaultText, string>();

  constructor(passwords: readonly VaultPassword[], onSecret: (value: string) => void) {
    this.#passwords = passwords;
    this.#onSecret = onSecret;
  }

  /** A `!vault` scalar. */
  text(vaulted: VaultText): string {
    const known = this.#opened.get(vaulted);
    if (known !== undefined) return known;
    const { bytes } = decryptVault(vaulted.ciphertext, this.#passwords, { at: vaulted.range });
    const text = Buffer.from(bytes).toString("utf8");
    this.#onSecret(text);
    this.#opened.set(vaulted, text);
    return text;
  }

  /** A whole file. */
  file(text: string, path: string): string {
    const bytes = this.#fileBytes(text, path);
    const opened = Buffer.from(bytes).toString("utf8");
    for (const value of secretValues(opened, path)) this.#onSecret(value);
    return opened;
  }

  #fileBytes(text: string, path: string): Uint8Array {
    try {
      return decryptVault(text, this.#passwords, { name: path }).bytes;
    } catch (error) {
      if (!(error instanceof TsrunError) || error.code !== "E_VAULT_FORMAT") throw error;
      throw new TsrunError({
        code: error.code,
        message: `vault file \`${path}\`: ${error.message}`,
        at: error.at,
        hint: "restore the file, or write it in plain text and run `tsrun vault encrypt` on it",
        cause: error,
      });
    }
  }
}

/** The values of a file of variables, else the text itself: of a task list only what it says by way of `!vault` is secret. */
function secretValues(text: string, path: string): readonly string[] {
  try {
    const document = parseYamlDocument({ path, text });
    if (Array.isArray(document)) return [];
    if (typeof document === "object" && document !== null) return scalarsOf(document);
  } catch {
    // No YAML: a key, a certificate, a configuration file.
  }
  return [text];
}

function scalarsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(scalarsOf);
}
