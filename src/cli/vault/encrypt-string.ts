import type { VaultPassword } from "../../vault/cipher.ts";
import { encryptVault } from "../../vault/cipher.ts";
import type { Arguments, CliContext } from "../command.ts";
import { usage } from "../expand-arguments.ts";
import { ask } from "../prompt.ts";
import { readInput, STANDARD } from "./vault-files.ts";

interface Plain {
  readonly name: string | undefined;
  readonly text: Uint8Array;
}

/** The texts of `encrypt-string` in ansible-vault's order: asked for, from standard input, from the command line. */
export async function encryptedStrings(
  args: Arguments,
  password: () => Promise<VaultPassword>,
  context: CliContext,
): Promise<string> {
  const texts = args.positionals.slice(1).filter((text) => text !== STANDARD);
  const readsInput =
    texts.length < args.positionals.length - 1 || args.value("stdin-name") !== undefined || texts.length === 0;
  const asks = args.has("prompt");
  if (asks && texts.length < args.positionals.length - 1) throw usage("`--prompt` and `-` exclude each other");
  const names = args.values("name");
  if (names.length > texts.length) {
    throw usage(
      `expected a text for each \`--name\`, got ${names.length} names and ${texts.length} texts`,
      "for text from standard input: --stdin-name NAME",
    );
  }
  const { label, password: secret } = await password();
  const plain: Plain[] = [];
  if (asks) plain.push(await askedText(args, context));
  else if (readsInput) {
    plain.push({ name: args.value("stdin-name"), text: await readInput(STANDARD, context) });
  }
  plain.push(...texts.map((text, index) => ({ name: names[index], text: Buffer.from(text) })));
  if (plain.some(({ text }) => text.length === 0)) throw usage("expected a text to encrypt, got nothing");
  return plain.map(({ name, text }) => yamlText(name, encryptVault(text, secret, { label }))).join("");
}

/** `name: !vault |` and the envelope, indented as ansible-vault does. */
function yamlText(name: string | undefined, envelope: string): string {
  const lines = envelope
    .trimEnd()
    .split("\n")
    .map((line) => `          ${line}\n`);
  return `${name === undefined ? "" : `${name}: `}!vault |\n${lines.join("")}`;
}

async function askedText(args: Arguments, context: CliContext): Promise<Plain> {
  const given = args.value("stdin-name");
  const name = given ?? (await ask({ text: "Variable name (enter for no name): ", isSecret: false }, context));
  const isSecret = !args.has("show-input");
  const text = await ask({ text: `String to encrypt${isSecret ? " (hidden)" : ""}: `, isSecret }, context);
  return { name: name === "" ? undefined : name, text: Buffer.from(text) };
}
