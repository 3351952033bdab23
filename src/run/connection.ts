import type { BecomeSettings } from "../host/become.ts";
import { TsrunError } from "../lib/errors.ts";
import type { Frame } from "../project/expanded.ts";
import type { BecomeOptions, ConnectionOptions } from "../project/options.ts";
import { parseBoolean } from "../task/args.ts";
import { Undefined } from "../template/undefined.ts";
import { finalize, type VarScope } from "../vars/scope.ts";
import { flag, keyword, text } from "./keywords.ts";
import { toText } from "../template/python-repr.ts";

/** How one task reaches one host: variables by their Ansible names, the inventory name as fallback for the address. */
export interface Connection {
  readonly inventoryName: string;
  /** `ansible_host`, `ansible_user`, …: variables of the host before keywords of the play before the command line. */
  readonly variable: (name: string) => unknown;
}

const keywordOf: Readonly<Record<string, string>> = {
  ansible_user: "remote_user",
  ansible_port: "port",
  ansible_connection: "connection",
};

/** The connection of a task. As in Ansible, variables win over keywords, and keywords over options. */
export function connectionOf(scope: VarScope, frame: Frame, hostName: string, options: ConnectionOptions): Connection {
  const option: Readonly<Record<string, unknown>> = {
    ansible_user: options.user,
    ansible_port: options.port,
    ansible_connection: options.type,
    ansible_password: options.password,
    ansible_ssh_private_key_file: options.privateKeyFile,
    ansible_ssh_args: options.sshArgs,
    ansible_ssh_common_args: options.sshCommonArgs,
    ansible_ssh_extra_args: options.sshExtraArgs,
    ansible_ssh_timeout: options.timeoutSeconds,
    ansible_host_key_checking: options.hostKeyChecking,
  };
  return {
    inventoryName: hostName,
    variable: (name) => {
      const value = valueOf(scope, name);
      if (value !== undefined) return value;
      const fromKeyword = keywordOf[name] === undefined ? undefined : keyword(scope, frame, keywordOf[name]);
      return fromKeyword ?? option[name];
    },
  };
}

/** Whom a task becomes; undefined for the login user. */
export function becomeOf(scope: VarScope, frame: Frame, options: BecomeOptions): BecomeSettings | undefined {
  const variable = (name: string): unknown => valueOf(scope, `ansible_become_${name}`) ?? undefined;
  const on = parseBoolean(valueOf(scope, "ansible_become")) ?? flag(scope, frame, "become") ?? options.isOn;
  if (!on) return undefined;
  const method = toText(variable("method") ?? text(scope, frame, "become_method") ?? options.method ?? "sudo");
  if (method !== "sudo" && method !== "su") {
    throw new TsrunError({
      code: "E_BECOME_METHOD",
      message: `unknown become method \`${method}\``,
      hint: "use `sudo` or `su`",
    });
  }
  const own = (name: string): unknown => valueOf(scope, `ansible_${method}_${name}`);
  const password = variable("password") ?? variable("pass") ?? own("pass") ?? options.password;
  const exe = variable("exe") ?? text(scope, frame, "become_exe");
  const flags = variable("flags") ?? text(scope, frame, "become_flags");
  return {
    method,
    user: toText(variable("user") ?? own("user") ?? text(scope, frame, "become_user") ?? options.user ?? "root"),
    password: password === undefined ? undefined : toText(password),
    exe: exe === undefined ? undefined : toText(exe),
    flags: flags === undefined ? undefined : toText(flags).split(/\s+/).filter(Boolean),
  };
}

/** What must never be shown of a connection. */
export function passwordsOf(connection: Connection, become: BecomeSettings | undefined): readonly string[] {
  const names = ["ansible_password", "ansible_ssh_password", "ansible_ssh_pass"];
  return [...names.map((name) => connection.variable(name)), become?.password].flatMap((password) =>
    typeof password === "string" || typeof password === "number" ? [String(password)] : [],
  );
}

function valueOf(scope: VarScope, name: string): unknown {
  if (!scope.has(name)) return undefined;
  const value = scope.get(name);
  return value === null || value instanceof Undefined ? undefined : finalize(value);
}
