import { TaskFailure } from "../task/failure.ts";
import { type Sh, sh } from "../task/sh.ts";
import { findPath } from "../state/file.ts";
import type { AttributeFlags } from "../state/file-details.ts";

/** Letters that lsattr shows and chattr cannot alter (chattr(1)). */
const readonlyLetters = "EINV";

/** Letters that chattr takes for attributes; `R`, `V`, `f`, `p` and `v` are options of its own. */
export const flagWords = /^[-+=]?[aAcCdDeFijmPsStTuxX]*$/;

/** The letters that a file has once `attributes` is heeded; undefined when it has them already. Without a sign all others go. */
export function flagsAfter(attributes: string, current: AttributeFlags | undefined): string | undefined {
  const { sign, letters } = parseFlags(attributes);
  const has = current ? current.flags.split("").filter((letter) => !readonlyLetters.includes(letter)) : [];
  const wanted = {
    "+": [...new Set([...has, ...letters.split("")])],
    "-": has.filter((letter) => !letters.includes(letter)),
    "=": [...new Set(letters.split(""))],
  }[sign];
  // Where they cannot be read, chattr says why.
  const isRight = current !== undefined && wanted.toSorted().join("") === has.toSorted().join("");
  return isRight ? undefined : wanted.join("");
}

/** chattr knows no `--`; a path that starts with a slash or a dot is no option. */
export function setFlags(path: string, attributes: string): Sh {
  const { sign, letters } = parseFlags(attributes);
  return sh`chattr ${`${sign}${letters}`} ${findPath(path)}`;
}

function parseFlags(attributes: string): { readonly sign: "+" | "-" | "="; readonly letters: string } {
  const sign = /^[-+=]/.exec(attributes)?.[0] as "+" | "-" | "=" | undefined;
  return { sign: sign ?? "=", letters: sign ? attributes.slice(1) : attributes };
}

export const contextArgs = ["seuser", "serole", "setype", "selevel"] as const;
export type WantedContext = { readonly [Name in (typeof contextArgs)[number]]?: string | undefined };

/** As Ansible, which heeds the SELinux context of a file only where SELinux is enabled; setting one is not supported there. */
export function refuseContext(wanted: WantedContext, isEnabled: boolean): void {
  const name = contextArgs.find((context) => wanted[context] !== undefined);
  if (isEnabled && name !== undefined)
    throw new TaskFailure(
      `\`${name}\` is not supported where SELinux is enabled: set the context with semanage and restorecon, and leave \`${name}\` out`,
    );
}

/** Whether a context is wanted, so that the host has to be asked whether it has any. */
export function wantsContext(wanted: WantedContext): boolean {
  return contextArgs.some((context) => wanted[context] !== undefined);
}
