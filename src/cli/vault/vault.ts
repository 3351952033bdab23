import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { TsrunError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/suggest.ts";
import type { ProjectOptions } from "../../project/options.ts";
import { encryptVault, type VaultPassword } from "../../vault/cipher.ts";
import type { Arguments, CliContext, CommandBody } from "../command.ts";
import { VARIABLE_OPTIONS } from "../common-options.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../expand-arguments.ts";
import { projectOptions } from "../run-options.ts";
import { editText } from "./edit-text.ts";
import { encryptedStrings } from "./encrypt-string.ts";
import { pageText } from "./page-text.ts";
import { replaceFile } from "./replace-file.ts";
import { isEncrypted, openVault, readInput, STANDARD } from "./vault-files.ts";
import { encryptingPassword, openingPasswords } from "./vault-keys.ts";

interface Job {
  readonly args: Arguments;
  readonly context: CliContext;
  readonly options: ProjectOptions;
  readonly files: readonly string[];
}

const ACTIONS: Readonly<Record<string, (job: Job) => Promise<void>>> = {
  create,
  edit,
  view,
  encrypt,
  decrypt,
  rekey,
  "encrypt-string": encryptString,
};

const vaultOptions = VARIABLE_OPTIONS.options.filter(({ name }) => name !== "extra-vars");

/** `tsrun vault ACTION`: files and values in ansible-vault's formats. */
export const vaultCommand: CommandBody = {
  usage: `${Object.keys(ACTIONS).join(" | ")}  [FILE|TEXT...] [options]`,
  positionals: {
    what: `an action: ${Object.keys(ACTIONS).join(", ")}`,
    min: 1,
    max: Number.POSITIVE_INFINITY,
  },
  groups: [
    {
      title: "Passwords",
      options: [
        ...vaultOptions,
        {
          name: "encrypt-vault-id",
          type: "value",
          metavar: "LABEL",
          summary: "The vault id to encrypt with, when several are given",
        },
        { name: "new-vault-id", type: "value", metavar: "[LABEL@]SOURCE", summary: "rekey: the new password" },
        {
          name: "new-vault-password-file",
          aliases: ["new-vault-pass-file"],
          type: "value",
          metavar: "FILE",
          summary: "rekey: file or program with the new password",
        },
      ],
    },
    {
      title: "Files and texts",
      options: [
        {
          name: "output",
          type: "value",
          metavar: "FILE",
          summary: "encrypt, decrypt: write there instead of in place; `-` for standard output",
        },
        {
          name: "name",
          short: "n",
          type: "values",
          metavar: "NAME",
          summary: "encrypt-string: name of the variable; one for each text",
        },
        {
          name: "stdin-name",
          type: "value",
          metavar: "NAME",
          summary: "encrypt-string: take the text from standard input and give it this name",
        },
        { name: "prompt", short: "p", type: "flag", summary: "encrypt-string: ask for the text" },
        { name: "show-input", type: "flag", summary: "encrypt-string: show what is typed at --prompt" },
      ],
    },
  ],
  examples: [
    ["tsrun vault create group_vars/all/vault.yaml", "A new file, written in $EDITOR"],
    ["tsrun vault edit group_vars/all/vault.yaml", "Change it; nothing in the clear stays behind"],
    ["tsrun vault encrypt-string -n db_password -p", "A value to paste into a variables file"],
    ["tsrun vault rekey --new-vault-id prod@new.txt *.vault", "Another password"],
  ],
  run: async (args, context) => {
    const [given = "", ...files] = args.positionals;
    const name = given.replace("_", "-");
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    const names = Object.keys(ACTIONS);
    if (!action) {
      throw usage(`unknown action \`vault ${given}\``, didYouMean(name, names) ?? `actions: ${names.join(", ")}`);
    }
    await action({ args, context, files, options: await projectOptions(args, context) });
    return EXIT.ok;
  },
};

async function create(job: Job): Promise<void> {
  const { context, files } = job;
  const [name, ...more] = files;
  if (name === undefined || more.length > 0) {
    throw usage(`expected one file, got ${files.length}`, "tsrun vault create FILE");
  }
  const path = resolve(context.cwd, name);
  if (existsSync(path)) {
    throw new TsrunError({
      code: "E_FILE_EXISTS",
      message: `\`${name}\` exists already`,
      hint: `tsrun vault edit ${name}`,
    });
  }
  const password = await newPassword(job);
  const text = await editText(new Uint8Array(), name, context);
  await mkdir(dirname(path), { recursive: true });
  replaceFile(path, encrypted(text, password));
}

async function edit(job: Job): Promise<void> {
  const { context, options } = job;
  const passwords = await openingPasswords(options.vault, context);
  for (const name of needFiles(job)) {
    const opened = openVault(await readInput(name, context), name, passwords);
    const text = await editText(opened.bytes, name, context);
    if (Buffer.compare(text, opened.bytes) === 0) {
      context.stderr.write(`${name}: nothing was changed\n`);
      continue;
    }
    // With the label of its header, whichever password opened it.
    replaceFile(
      resolve(context.cwd, name),
      encrypted(text, { label: opened.headerLabel ?? "default", password: opened.password }),
    );
  }
}

async function view(job: Job): Promise<void> {
  const { context, options } = job;
  const passwords = await openingPasswords(options.vault, context);
  for (const name of needFiles(job)) {
    await pageText(openVault(await readInput(name, context), name, passwords).bytes, context);
  }
}

async function encrypt(job: Job): Promise<void> {
  const inputs = await readAll(job);
  for (const { name, bytes } of inputs) {
    if (isEncrypted(bytes)) {
      throw new TsrunError({
        code: "E_VAULT_ENCRYPTED",
        message: `\`${name}\` is encrypted already`,
        hint: `tsrun vault rekey ${name}`,
      });
    }
  }
  const password = await newPassword(job);
  for (const { name, bytes } of inputs) write(job, name, encrypted(bytes, password), { shredsOld: true });
  done(job, "encrypted");
}

async function decrypt(job: Job): Promise<void> {
  const { context, options } = job;
  const inputs = await readAll(job);
  const passwords = await openingPasswords(options.vault, context);
  // All are opened before one is written, so that a wrong password leaves every file as it was.
  const opened = inputs.map(({ name, bytes }) => ({ name, bytes: openVault(bytes, name, passwords).bytes }));
  for (const { name, bytes } of opened) write(job, name, bytes, { mode: 0o600 });
  done(job, "decrypted");
}

async function rekey(job: Job): Promise<void> {
  const { args, context, options } = job;
  const names = needFiles(job);
  const passwords = await openingPasswords(options.vault, context);
  const opened: { name: string; bytes: Uint8Array }[] = [];
  for (const name of names) {
    opened.push({ name, bytes: openVault(await readInput(name, context), name, passwords).bytes });
  }
  const id = args.value("new-vault-id");
  const file = args.value("new-vault-password-file");
  if (id !== undefined && file !== undefined) {
    throw usage("`--new-vault-id` and `--new-vault-password-file` exclude each other");
  }
  const sources = { ids: id === undefined ? [] : [id], passwordFiles: file === undefined ? [] : [file], asked: [] };
  const label = args.value("encrypt-vault-id");
  const password = await encryptingPassword(
    sources,
    id === undefined && file === undefined ? label : undefined,
    context,
  );
  for (const { name, bytes } of opened) {
    replaceFile(resolve(context.cwd, name), encrypted(bytes, { ...password, label: label ?? password.label }));
  }
  done(job, "rekeyed");
}

async function encryptString(job: Job): Promise<void> {
  const { args, context } = job;
  const text = await encryptedStrings(args, () => newPassword(job), context);
  const output = args.value("output");
  if (output === undefined || output === STANDARD) context.stdout.write(text);
  else replaceFile(resolve(context.cwd, output), Buffer.from(text));
}

function newPassword({ args, context, options }: Job): Promise<VaultPassword> {
  return encryptingPassword(options.vault, args.value("encrypt-vault-id") ?? options.vault.encryptId, context);
}

function encrypted(bytes: Uint8Array, { label, password }: VaultPassword): Uint8Array {
  return Buffer.from(encryptVault(bytes, password, { label }));
}

function needFiles({ files, args }: Job): readonly string[] {
  if (files.length > 0) return files;
  throw usage("expected a file, got nothing", `tsrun vault ${args.positionals[0]} FILE...`);
}

async function readAll({ args, context, files }: Job): Promise<readonly { name: string; bytes: Uint8Array }[]> {
  if (files.length > 1 && args.value("output") !== undefined) {
    throw usage(`expected one file with \`--output\`, got ${files.length}`);
  }
  const inputs = [];
  for (const name of files.length === 0 ? [STANDARD] : files) {
    inputs.push({ name, bytes: await readInput(name, context) });
  }
  return inputs;
}

function write(
  { args, context }: Job,
  name: string,
  bytes: Uint8Array,
  how: { readonly shredsOld?: boolean; readonly mode?: number },
): void {
  const target = args.value("output") ?? name;
  if (target === STANDARD) context.stdout.write(bytes as Uint8Array & string);
  else replaceFile(resolve(context.cwd, target), bytes, target === name ? how : { ...how, shredsOld: false });
}

function done({ context, files }: Job, word: string): void {
  if (files.length > 0 && context.stderr.isTTY === true) context.stderr.write(`${files.length} ${word}\n`);
}
