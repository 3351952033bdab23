import { resolve } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { SourceFile } from "../lib/source.ts";
import { parseKeyValues } from "../playbook/parse-key-values.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { parseYamlDocument } from "../yaml/parse-yaml.ts";
import type { ProjectFiles } from "./project-files.ts";
import { expandHome } from "./search-path.ts";

/** The variables of `--extra-vars`: `@file`, a JSON or YAML mapping, or `name=value` words whose values are text. Later ones win. */
export function extraVars(given: readonly string[], files: ProjectFiles, cwd: string): VarsLayer {
  const values: Record<string, unknown> = {};
  for (const text of given) Object.assign(values, readOne(text, files, cwd));
  return { name: "extra vars", values, trusted: true };
}

function readOne(text: string, files: ProjectFiles, cwd: string): Readonly<Record<string, unknown>> {
  if (text.startsWith("@")) return files.vars(resolve(cwd, expandHome(text.slice(1))));
  const source: SourceFile = { path: "<extra vars>", text };
  const at = { source, start: 0, end: text.length };
  if (/^\s*[[{]/.test(text)) {
    const value = parseYamlDocument(source);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new TsrunError({ code: "E_EXTRA_VARS", message: "expected a mapping of variables", at });
  }
  const line = parseKeyValues(text, { isCommand: false });
  const pairs = Object.fromEntries((line?.pairs ?? []).map(({ key, value }) => [key, value.text]));
  if (line?.rest !== undefined || Object.keys(pairs).length === 0) {
    throw new TsrunError({
      code: "E_EXTRA_VARS",
      message: `expected \`name=value\`, a mapping or \`@file\` for extra vars, got \`${text}\``,
      at,
      hint: "-e 'version=1.2 debug=true' or -e '{\"debug\": true}' or -e @vars.yaml",
    });
  }
  return pairs;
}
