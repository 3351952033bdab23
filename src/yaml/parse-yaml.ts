import { parseEvents, YAMLException } from "js-yaml";
import { throwAll, TsrunError } from "../lib/errors.ts";
import type { SourceFile } from "../lib/source.ts";
import { constructDocuments } from "./construct.ts";
import { findFlowRegions, joinFlowLines } from "./flow-regions.ts";
import { rangeOfValue } from "./positions.ts";
import { syntaxError } from "./syntax-error.ts";

/**
 * All documents of a YAML text, with YAML 1.1 types as Ansible reads them. Mappings are plain objects, sequences arrays;
 * `positions.ts` tells where each key and value stands (also for the returned array, by document number).
 *
 * Throws `TsrunError` for text that is no YAML, and `TsrunErrors` when several independent things are wrong in it.
 *
 *     const [play] = parseYaml({ path: "site.yaml", text: "hosts: all\nbecome: yes\n" });
 */
export function parseYaml(source: SourceFile): unknown[] {
  const { documents, errors } = constructDocuments(readEvents(source), source, { json: isJson(source.text) });
  throwAll(errors);
  return documents;
}

/** The one document of a YAML text; null when the text is empty. A second document is an error. */
export function parseYamlDocument(source: SourceFile): unknown {
  const documents = parseYaml(source);
  if (documents.length > 1) {
    throw new TsrunError({
      code: "E_YAML_DOCUMENTS",
      message: `expected one YAML document, got ${documents.length}`,
      at: rangeOfValue(documents, 1),
      hint: "remove the `---` above this line, or move what follows to a file of its own",
    });
  }
  return documents[0] ?? null;
}

function readEvents(source: SourceFile): ReturnType<typeof parseEvents> {
  try {
    return parseEvents(source.text, {});
  } catch (thrown) {
    if (!(thrown instanceof YAMLException)) throw thrown;
    const regions = findFlowRegions(source.text);
    const joined = joinFlowLines(source.text, regions);
    if (joined === undefined) throw syntaxError(thrown, source, regions);
    try {
      return parseEvents(joined, {});
    } catch (again) {
      if (!(again instanceof YAMLException)) throw again;
      throw syntaxError(again, source, regions);
    }
  }
}

/** Ansible tries JSON first, so that JSON's number spellings hold in `.json` files and in the output of programs. */
function isJson(text: string): boolean {
  if (!/^\s*[[{"]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
