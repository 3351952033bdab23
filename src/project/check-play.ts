import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import type { ExpandedPlay, Frame } from "./expanded.ts";
import type { Project } from "./project.ts";

const CONNECTIONS = ["ssh", "openssh", "local", "smart", "paramiko", "paramiko_ssh"];
const BECOME_METHODS = ["sudo", "su"];

/** Keywords of a play that every one of its tasks uses, with values that no host can have. */
export function playErrors({ frame: { raw } }: ExpandedPlay): readonly TsrunError[] {
  const errors: TsrunError[] = [];
  const check = (key: string, known: readonly string[], code: "E_CONNECTION_VARIABLE" | "E_BECOME_METHOD"): void => {
    const value = raw[key];
    if (typeof value !== "string" || /\{[{%]/.test(value)) return;
    const name = value.replace(/^(?:ansible\.(?:builtin|legacy|netcommon)|community\.general)\./, "");
    if (known.includes(name)) return;
    errors.push(
      new TsrunError({
        code,
        message: `\`${key}\`: expected ${known
          .slice(0, 3)
          .map((word) => `\`${word}\``)
          .join(" or ")}, got \`${value}\``,
        at: rangeOfValue(raw, key),
        hint: didYouMean(name, known),
      }),
    );
  };
  check("connection", CONNECTIONS, "E_CONNECTION_VARIABLE");
  if (raw["become"] === true) check("become_method", BECOME_METHODS, "E_BECOME_METHOD");
  return errors;
}

/** `become_user` where nothing turns become on. */
export function becomeWarning(project: Project, frame: Frame): TemplateWarning | undefined {
  const { raw } = frame;
  if (raw["become_user"] === undefined || raw["become_user"] === null || project.options.become.isOn) return undefined;
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    if (Object.hasOwn(at.raw, "become")) return undefined;
    if (
      JSON.stringify([at.vars?.values, at.params.map(({ values }) => Object.keys(values))]).includes("ansible_become")
    )
      return undefined;
  }
  return {
    message: "`become_user` does nothing without `become: true`",
    at: rangeOfValue(raw, "become_user"),
    hint: "add `become: true` beside it, or run with `--become`",
  };
}
