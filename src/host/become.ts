import { TsrunError } from "../lib/errors.ts";
import { announcedStubScript, stubScript } from "./boot.ts";

/** Whom the shell becomes, and how. */
export interface BecomeSettings {
  readonly method: "sudo" | "su";
  readonly user: string;
  /** Written once, and only after the program asked for it. */
  readonly password?: string | undefined;
  /** Program instead of `sudo` or `su`. */
  readonly exe?: string | undefined;
  /** Options instead of sudo's `-H`; `-S`, `-n` and `-p` are ours. */
  readonly flags?: readonly string[] | undefined;
}

export interface BecomeCommand {
  readonly words: readonly string[];
  /** The shell says its nonce first, and nothing may be written before: a prompt would swallow it. */
  readonly announced: boolean;
  /** Finds prompts in stderr. */
  readonly prompt: RegExp | undefined;
}

/** The command that starts a shell as the other user. The nonce makes sudo's prompt unmistakable. */
export function becomeCommand(become: BecomeSettings, shell: string, nonce: string): BecomeCommand {
  for (const word of [become.user, become.exe ?? "", ...(become.flags ?? [])]) refuseOddWord(word);
  return become.method === "sudo" ? sudoCommand(become, shell, nonce) : suCommand(become, shell, nonce);
}

function sudoCommand(become: BecomeSettings, shell: string, nonce: string): BecomeCommand {
  const flags = (become.flags ?? ["-H"]).map(withoutPromptFlags).filter((flag) => flag !== "" && flag !== "-");
  const sudo = ["env", "LC_ALL=C", become.exe ?? "sudo", ...flags, "-u", become.user];
  if (become.password === undefined) {
    return { words: [...sudo, "-n", "--", shell, "-c", stubScript], announced: false, prompt: undefined };
  }
  const prompt = `tsrun-${nonce.slice(0, 16)}:`;
  return {
    words: [...sudo, "-S", "-p", prompt, "--", shell, "-c", announcedStubScript(nonce)],
    announced: true,
    prompt: new RegExp(prompt, "g"),
  };
}

/** `-HSn` is `-H`: whether a password is asked for, and how, follows from whether there is one. */
function withoutPromptFlags(flag: string): string {
  return /^-[A-Za-z]+$/.test(flag) ? flag.replaceAll(/[Sn]/g, "") : flag;
}

/**
 * util-linux's su asks on stderr and reads from any stdin (Linux-PAM's misc_conv). Its prompt cannot be chosen, so it counts
 * only after a mark of our own on stderr.
 */
function suCommand(become: BecomeSettings, shell: string, nonce: string): BecomeCommand {
  const mark = `tsrun-${nonce.slice(0, 16)}`;
  const su = [become.exe ?? "su", ...(become.flags ?? [])].join(" ");
  const starter = `echo ${mark}>&2;exec env LC_ALL=C ${su} -s "$0" -c "$1" ${become.user}`;
  return {
    words: [shell, "-c", starter, shell, announcedStubScript(nonce)],
    announced: true,
    prompt: new RegExp(`(?<=${mark}\\n[^]*)[Pp]assword: ?(?!\\n)`, "g"),
  };
}

function refuseOddWord(word: string): void {
  if (/^[A-Za-z0-9_./@%+=:,-]*$/.test(word)) return;
  throw new TsrunError({
    code: "E_BECOME",
    message: `become: \`${word}\` is no word for a command line`,
    hint: "users, programs and flags consist of letters, digits and _ . / @ % + = : , -",
  });
}

/** Why no shell came, from what the program printed; undefined when its text says nothing known. */
export function becomeFailure(become: BecomeSettings, text: string): TsrunError | undefined {
  const { method, user } = become;
  const said = text.trim().split("\n").at(-1) ?? "";
  const error = (message: string, hint?: string, code: `E_${string}` = "E_BECOME") =>
    new TsrunError({ code, message: `become ${user} by ${method}: ${message}`, hint });
  if (/password is required|no password was provided|a terminal is required to read the password/.test(text)) {
    return error(
      "a password is needed",
      "set `ansible_become_password`, or use `--ask-become-pass`",
      "E_BECOME_PASSWORD",
    );
  }
  if (/incorrect password|Sorry, try again|Authentication failure|Authentication token manipulation/i.test(text)) {
    return error("the password is wrong", undefined, "E_BECOME_PASSWORD");
  }
  if (/must have a tty|no tty present/.test(text)) {
    return error("sudo wants a terminal (`requiretty`)", `in sudoers: Defaults:LOGIN_USER !requiretty`);
  }
  if (/is not in the sudoers file|may not run sudo|is not allowed to (execute|run)/.test(text)) {
    return error(`not allowed: ${said}`, "allow it in /etc/sudoers.d on the host");
  }
  if (/expired|You are required to change your password/i.test(text)) return error(`the account has expired: ${said}`);
  if (/unknown user|user \S+ does not exist|Unknown id/.test(text)) return error(`no such user on the host`);
  if (/(sudo|su)\S*:? (command )?(not found|No such file)|No such file or directory|Unknown command/i.test(text)) {
    return error(`\`${become.exe ?? method}\` is not installed on the host`);
  }
  return undefined;
}
