import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { Settings } from "../project/config-settings.ts";
import type {
  BecomeOptions,
  ConnectionOptions,
  HostKeyChecking,
  ProjectOptions,
  RunOptions,
  VaultOptions,
} from "../project/options.ts";
import type { Arguments, CliContext } from "./command.ts";
import { configuration } from "./configuration.ts";
import { usage } from "./expand-arguments.ts";
import { ask } from "./prompt.ts";

/** Hosts, variables and vault passwords: what the person said, else the configuration. Asks for those it was told to ask for. */
export async function projectOptions(args: Arguments, context: CliContext): Promise<ProjectOptions> {
  const { settings, ansibleFile } = configuration(context);
  const inventory = args.values("inventory");
  return {
    cwd: context.cwd,
    inventory: inventory.length > 0 ? inventory : settings.inventory,
    // As with Ansible, the last one counts: it is put behind what a script says.
    limit: args.values("limit").slice(-1),
    extraVars: args.values("extra-vars"),
    vault: await vaultOptions(args, settings, context),
    verbosity: verbosity(args, settings),
    settings,
    ansibleConfigFile: ansibleFile,
  };
}

/** Everything that a run is told. Passwords are asked for here, before any work. */
export async function runOptions(args: Arguments, context: CliContext): Promise<RunOptions> {
  const { settings } = configuration(context);
  const connection = await connectionOptions(args, settings, context);
  const become = await becomeOptions(args, settings, connection.password, context);
  const [tags, skipTags] = [tagList(args.values("tags")), tagList(args.values("skip-tags"))];
  return {
    ...(await projectOptions(args, context)),
    playbooks: args.positionals,
    isCheck: args.has("check"),
    wantsDiff: args.has("diff") || settings.diff_always,
    tags: tags.length > 0 ? tags : settings.tags_run,
    skipTags: skipTags.length > 0 ? skipTags : settings.tags_skip,
    startAtTask: args.value("start-at-task"),
    isStep: args.has("step"),
    forceHandlers: args.has("force-handlers") || settings.force_handlers,
    flushCache: args.has("flush-cache"),
    wantsProfile: args.has("profile"),
    // JSON tells them all.
    wantsAllFacts: (args.value("output") ?? settings.output) === "json",
    forks: positiveInteger(args, "forks") ?? settings.forks,
    workers: positiveInteger(args, "workers"),
    connection,
    become,
  };
}

/** 0 to 4. */
export function verbosity(args: Arguments, settings: Settings): number {
  return Math.min(4, args.count("verbose") + settings.verbosity);
}

async function vaultOptions(args: Arguments, settings: Settings, context: CliContext): Promise<VaultOptions> {
  const label = settings.vault_identity;
  const asked =
    args.has("ask-vault-pass") || settings.ask_vault_pass
      ? [{ label, password: await secret("Vault password: ", context) }]
      : [];
  // As in Ansible, those of the configuration count beside those of the command line.
  const files = [...args.values("vault-password-file"), settings.vault_password_file];
  return {
    ids: [...settings.vault_identity_list, ...args.values("vault-id")],
    passwordFiles: files.filter((file) => file !== undefined),
    asked,
    defaultLabel: label,
    encryptId: settings.vault_encrypt_identity,
  };
}

async function connectionOptions(args: Arguments, settings: Settings, context: CliContext): Promise<ConnectionOptions> {
  const file = args.value("connection-password-file") ?? settings.connection_password_file;
  const password =
    args.has("ask-pass") || settings.ask_pass
      ? await secret("SSH password: ", context)
      : file === undefined
        ? undefined
        : await passwordFromFile(file, context);
  return {
    type: connectionType(args.value("connection") ?? settings.transport),
    user: args.value("user") ?? settings.remote_user,
    port: settings.remote_port,
    privateKeyFile: args.value("private-key") ?? settings.private_key_file,
    password,
    timeoutSeconds: positiveInteger(args, "timeout") ?? settings.timeout,
    sshArgs: settings.ssh_args,
    sshCommonArgs: args.value("ssh-common-args") ?? settings.ssh_common_args,
    sshExtraArgs: args.value("ssh-extra-args") ?? settings.ssh_extra_args,
    hostKeyChecking: (args.value("host-key-checking") as HostKeyChecking | undefined) ?? settings.host_key_checking,
  };
}

async function becomeOptions(
  args: Arguments,
  settings: Settings,
  loginPassword: string | undefined,
  context: CliContext,
): Promise<BecomeOptions> {
  const file = args.value("become-password-file") ?? settings.become_password_file;
  let password = file === undefined ? undefined : await passwordFromFile(file, context);
  if (args.has("ask-become-pass") || settings.become_ask_pass) {
    // Ansible's rule: an empty answer means the login password.
    const question = loginPassword === undefined ? "BECOME password: " : "BECOME password[defaults to SSH password]: ";
    password = (await secret(question, context)) || loginPassword;
  }
  return {
    isOn: args.has("become") || settings.become,
    user: args.value("become-user") ?? settings.become_user,
    method: args.value("become-method") ?? settings.become_method,
    password,
  };
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
