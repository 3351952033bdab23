import type { SourceRange } from "../lib/source.ts";
import { copyPositions, rangeOf, rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import { checkShapes, checkVariableName } from "./check-keywords.ts";
import { ROLE_USE } from "./keywords.ts";
import type { Mapping, RoleUse } from "./model.ts";
import { keywordsOf } from "./parse-tasks.ts";
import type { Problems } from "./problems.ts";
import { describe, isMapping } from "./values.ts";

/** `roles:` of a play or `dependencies:` of a role: names, or mappings with keywords and parameters. */
export function parseRoleUses(problems: Problems, container: Mapping, key: string): readonly RoleUse[] {
  const value = container[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    problems.report({
      code: "E_ROLE_LIST",
      message: `\`${key}\`: expected a list of roles, got ${describe(value)}`,
      at: rangeOfValue(container, key),
      hint: typeof value === "string" ? `${key}: [${value}]` : undefined,
    });
    return [];
  }
  return value.flatMap((item: unknown, index) => {
    const at = rangeOf(item) ?? rangeOfValue(value, index) ?? (rangeOfKey(container, key) as SourceRange);
    return parseRoleUse(problems, item, at) ?? [];
  });
}

function parseRoleUse(problems: Problems, value: unknown, at: SourceRange): RoleUse | undefined {
  if (typeof value === "string" || typeof value === "number") return { name: String(value), raw: {}, params: {}, at };
  const name = isMapping(value) ? roleName(value) : undefined;
  if (!isMapping(value) || name === undefined) {
    problems.report({
      code: "E_ROLE_LIST",
      message: `expected the name of a role, got ${isMapping(value) ? "a mapping without `role`" : describe(value)}`,
      at,
      hint: "- role: NAME",
    });
    return undefined;
  }
  checkShapes(problems, value, ROLE_USE);
  const params: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(ROLE_USE, key) || (isGalaxySource(value) && GALAXY_KEYS.has(key))) continue;
    checkVariableName(problems, key, rangeOfKey(value, key));
    params[key] = value[key];
  }
  copyPositions(value, params);
  // Where `role` names the role, `name` is no keyword of use to anybody.
  return { name, raw: keywordsOf(value, ROLE_USE, ["role", "name"]), params, at };
}

const GALAXY_KEYS: ReadonlySet<string> = new Set(["src", "scm", "version"]);

function isGalaxySource(value: Mapping): boolean {
  return typeof value["src"] === "string";
}

/** `role`, else `name`, else the last part of a Galaxy `src` without its version and extension. */
function roleName(value: Mapping): string | undefined {
  for (const key of ["role", "name"]) {
    const name = value[key];
    if ((typeof name === "string" && name !== "") || typeof name === "number") return String(name);
  }
  const source = value["src"];
  if (typeof source !== "string") return undefined;
  const [url, , name] = source.split(",");
  return (
    name ??
    (/[:@]/.test(url ?? "")
      ? url
          ?.split("/")
          .at(-1)
          ?.replace(/(?:\.git|\.tar\.gz)$/, "")
      : url)
  );
}
