import { TsrunError } from "../lib/errors.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import { rangeOfValue } from "../yaml/positions.ts";

/** The one document of a file; null when it is empty. */
export function oneDocument(documents: readonly unknown[]): unknown {
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

/** Where errors about a file as a whole point: its first line. */
export function wholeFile(source: SourceFile): SourceRange {
  const end = source.text.search(/[\r\n]|$/);
  return { source, start: 0, end };
}
