import type { SourceFile } from "../lib/source.ts";
import { parseYaml } from "../yaml/parse-yaml.ts";
import { checkShape, checkShapes, reportUnknownKeyword } from "./check-keywords.ts";
import { parseArgumentSpecs } from "./parse-argument-specs.ts";
import { ROLE_META } from "./keywords.ts";
import type { Mapping, RoleMeta } from "./model.ts";
import { parseRoleUses } from "./parse-role-use.ts";
import { Problems } from "./problems.ts";
import { oneDocument, wholeFile } from "./read-document.ts";
import { describe, isMapping, textsOf } from "./values.ts";

/**
 * What a role says about itself: `meta/main.yaml` and `meta/argument_specs.yaml`, each optional. The latter wins where both specify
 * arguments.
 */
export function parseRoleMeta(main: SourceFile | undefined, specs?: SourceFile): RoleMeta {
  const problems = new Problems();
  const meta = main ? readMapping(problems, main, "a mapping such as `dependencies: []`") : {};
  const separate = specs ? readMapping(problems, specs, "a mapping with the key `argument_specs`") : {};
  for (const key of Object.keys(meta)) {
    if (!Object.hasOwn(ROLE_META, key)) reportUnknownKeyword(problems, meta, key, ROLE_META, "role's meta");
  }
  checkShapes(problems, meta, { ...ROLE_META, dependencies: "any" });
  for (const key of Object.keys(separate)) {
    if (key !== "argument_specs")
      reportUnknownKeyword(problems, separate, key, { argument_specs: "mapping" }, "file of argument specs");
  }
  const holder = Object.hasOwn(separate, "argument_specs") ? separate : meta;
  if (holder === separate) checkShape(problems, separate, "argument_specs", separate["argument_specs"], "mapping");
  const result: RoleMeta = {
    dependencies: parseRoleUses(problems, meta, "dependencies"),
    allowDuplicates: isTrue(meta["allow_duplicates"]),
    argumentSpecs: parseArgumentSpecs(problems, holder),
    collections: textsOf(meta["collections"]),
  };
  problems.throwIfAny();
  return result;
}

function isTrue(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === "string" && /^(?:true|yes|on|y|t|1)$/i.test(value));
}

function readMapping(problems: Problems, source: SourceFile, expected: string): Mapping {
  const document = oneDocument(parseYaml(source));
  if (document === null) return {};
  if (isMapping(document)) return document;
  problems.report({
    code: "E_ROLE_META",
    message: `expected ${expected}, got ${describe(document)}`,
    at: wholeFile(source),
  });
  return {};
}
