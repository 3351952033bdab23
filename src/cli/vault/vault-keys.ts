import { TsrunError } from "../../lib/errors.ts";
import type { Question, VaultOptions } from "../../project/options.ts";
import { vaultPasswords } from "../../project/vault-passwords.ts";
import type { VaultPassword } from "../../vault/cipher.ts";
import type { CliContext } from "../command.ts";
import { usage } from "../expand-arguments.ts";
import { ask } from "../prompt.ts";

/** Passwords that may open something. Asks for one when none was given, as ansible-vault does. */
export async function openingPasswords(options: VaultOptions, context: CliContext): Promise<readonly VaultPassword[]> {
  const given = await vaultPasswords(
    options,
    context.cwd,
    hooks((question) => ask(question, context)),
  );
  if (given.length > 0) return given;
  return [{ label: "default", password: await ask({ text: "Vault password: ", isSecret: true }, context) }];
}

/** The one password that encrypts. What is asked for is asked twice. `id` chooses among several (`--encrypt-vault-id`). */
export async function encryptingPassword(
  options: VaultOptions,
  id: string | undefined,
  context: CliContext,
): Promise<VaultPassword> {
  const given = await vaultPasswords(
    options,
    context.cwd,
    hooks((question) => askNew(question.text.replace("Vault password", "New vault password"), context)),
  );
  if (given.length === 0) {
    return { label: id ?? "default", password: await askNew("New vault password: ", context) };
  }
  const labels = [...new Set(given.map(({ label }) => label))];
  const named = labels.map((label) => `\`${label}\``).join(", ");
  if (id === undefined && labels.length > 1) {
    throw usage(`expected one vault id to encrypt with, got ${named}`, `--encrypt-vault-id ${labels.at(-1)}`);
  }
  const chosen = given.find(({ label }) => label === (id ?? labels[0]));
  if (chosen) return chosen;
  throw new TsrunError({
    code: "E_VAULT_NO_PASSWORD",
    message: `no password was given for vault id \`${id}\` (given: ${named})`,
    hint: `--vault-id ${id}@FILE`,
  });
}

async function askNew(text: string, context: CliContext): Promise<string> {
  const password = await ask({ text, isSecret: true }, context);
  if (password === "") throw usage("expected a password, got nothing");
  const again = await ask({ text: `Confirm ${text.charAt(0).toLowerCase()}${text.slice(1)}`, isSecret: true }, context);
  if (again === password) return password;
  throw usage("the two passwords differ");
}

function hooks(asking: (question: Question) => Promise<string>) {
  return { onSecret: () => {}, ask: asking };
}
