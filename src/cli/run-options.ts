import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type {
  BecomeOptions,
  ConnectionOptions,
  HostKeyChecking,
  ProjectOptions,
  RunOptions,
} from "../project/options.ts";
import type { Arguments, CliContext } from "./command.ts";
import { usage } from "./expand-arguments.ts";
import { ask } from "./prompt.ts";

/** Hosts, variables and vault passwords as the person gave them. Asks for those it was told to ask for. */
export async function projectOptions(args: Arguments, context: CliContext): Promise<ProjectOptions> {
  const asked = args.has("ask-vault-pass")
    ? [{ label: "default", password: await secret("Vault password: ", context) }]
    : [];
  return {
    cwd: context.cwd,
    inventory: args.values("inventory"),
    limit: args.values("limit"),
    extraVars: args.values("extra-vars"),
    vault: { ids: args.values("vault-id"), passwordFiles: args.values("vault-password-file"), asked },
    verbosity: Math.min(4, args.count("verbose")),
  };
}

/** Everything `tsrun playbook` was told. Passwords are asked for here, before any work. */
export async function runOptions(args: Arguments, context: CliContext): Promise<RunOptions> {
  const connection = await connectionOptions(args, context);
  const become = await becomeOptions(args, connection.password, context);
  return {
    ...(await projectOptions(args, context)),
    playbooks: args.positionals,
    isCheck: args.has("check"),
    wantsDiff: args.has("diff"),
    tags: tagList(args.values("tags")),
    skipTags: tagList(args.values("skip-tags")),
    startAtTask: args.value("start-at-task"),
    isStep: args.has("step"),
    forceHandlers: args.has("force-handlers"),
    flushCache: args.has("flush-cache"),
    forks: positiveInteger(args, "forks"),
    connection,
    become,
  };
}

export async function connectionOptions(args: Arguments, context: CliContext): Promise<ConnectionOptions> {
  const file = args.value("connection-password-file");
  const password = args.has("ask-pass")
    ? await secret("SSH password: ", context)
    : file === undefined
      ? undefined
      : await passwordFromFile(file, context);
  return {
    type: connectionType(args.value("connection")),
    user: args.value("user"),
    privateKeyFile: args.value("private-key"),
    password,
    timeoutSeconds: positiveInteger(args, "timeout"),
    sshCommonArgs: args.value("ssh-common-args"),
    sshExtraArgs: args.value("ssh-extra-args"),
    hostKeyChecking: args.value("host-key-checking") as HostKeyChecking | undefined,
  };
}

export async function becomeOptions(
  args: Arguments,
  loginPassword: string | undefined,
  context: CliContext,
): Promise<BecomeOptions> {
  const file = args.value("become-password-file");
  let password = file === undefined ? undefined : await passwordFromFile(file, context);
  if (args.has("ask-become-pass")) {
    // Ansible's rule: an empty answer means the login password.
    const question = loginPassword === undefined ? "BECOME password: " : "BECOME password[defaults to SSH password]: ";
    password = (await secret(question, context)) || loginPassword;
  }
  return { isOn: args.has("become"), user: args.value("become-user"), method: args.value("become-method"), password };
}

/** The system's ssh is `openssh`; `smart` and Ansible's other names for ssh are plain `ssh`. */
function connectionType(given: string | undefined): string | undefined {
  return given === "smart" || given?.startsWith("paramiko") ? "ssh" : given;
}

/** `-t a,b -t c`. */
function tagList(values: readonly string[]): string[] {
  return values
    .flatMap((value) => value.split(","))
    .map((tag) => tag.trim())
    .filter(Boolean);
}

function positiveInteger(args: Arguments, name: string): number | undefined {
  const value = args.value(name);
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(value)) throw usage(`option \`--${name}\`: expected a number above 0, got \`${value}\``);
  return Number(value);
}

function secret(text: string, context: CliContext): Promise<string> {
  return ask({ text, isSecret: true }, context);
}

/** First line of a file that only holds a password. Programs as sources are for vault passwords. */
async function passwordFromFile(path: string, { cwd }: CliContext): Promise<string> {
  const text = await readFile(resolve(cwd, path), "utf8").catch((cause: unknown) => {
    throw new TsrunError({ code: "E_PASSWORD_FILE", message: `cannot read the password file \`${path}\``, cause });
  });
  return text.replace(/\r?\n[^]*$/, "");
}
