import { didYouMean } from "../lib/suggest.ts";
import type { Project } from "./project.ts";

/** What Python's mappings can do, and what a template may take from any of them. */
const methods = /^(?:items|keys|values|get|copy|pop|update|popitem|setdefault|clear|fromkeys|has_key)$/;

/**
 * Says which member of `name.a.b` is missing, where the whole of it is written in the project or known from the inventory; undefined when
 * it is there or when the run decides.
 */
export function memberProblem(
  project: Project,
  name: string,
  members: readonly string[],
  written: unknown,
): { readonly message: string; readonly hint?: string | undefined } | undefined {
  let value = name === "groups" ? project.groups() : written;
  let path = name;
  for (const member of members) {
    if (!isPlain(value) || methods.test(member)) return undefined;
    const keys = Object.keys(value);
    if (keys.some((key) => project.templater.isTemplate(key))) return undefined;
    if (!Object.hasOwn(value, member))
      return {
        message: `\`${path}\` has no member \`${member}\``,
        hint:
          didYouMean(member, keys) ??
          (keys.length > 0 && keys.length <= 12 ? `it has ${keys.map((key) => `\`${key}\``).join(", ")}` : undefined),
      };
    value = value[member];
    path = `${path}.${member}`;
  }
  return undefined;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
