import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { messageOf, TsrunError } from "../lib/errors.ts";
import { positionAt, type SourceFile, type SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";

/** Names that a package exports, for suggestions. */
type Exports = Readonly<Record<string, readonly string[]>>;

/** E_MODULE_LOAD for what went wrong while a user's module file was loaded: in that file or in one that it imports. */
export function moduleLoadError(file: string, thrown: unknown, exports: Exports): TsrunError {
  const { message, at, hint } =
    missingFile(file, thrown) ?? missingExport(file, thrown, exports) ?? other(file, thrown);
  return new TsrunError({ code: "E_MODULE_LOAD", message: `cannot load module: ${message}`, at, hint, cause: thrown });
}

/** A file on disk as errors show it: relative to where the person stands, when that is shorter. */
export function sourceOf(file: string): SourceFile {
  const base = `${process.cwd()}/`;
  return { path: file.startsWith(base) ? file.slice(base.length) : file, text: readFileSync(file, "utf8") };
}

interface Diagnosis {
  readonly message: string;
  readonly at: SourceRange;
  readonly hint?: string | undefined;
}

/** `import … from "./gone.ts"`: Node names who asked and what for, not where. */
function missingFile(file: string, thrown: unknown): Diagnosis | undefined {
  const message = messageOf(thrown);
  const wanted = /^Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1];
  if (wanted === undefined) return undefined;
  const asker = /^- (.+)$/m.exec(message)?.[1];
  const source = sourceOf(asker !== undefined && existsSync(asker) ? asker : file);
  const found = new RegExp(`(["'])${escapeRegex(wanted)}\\1`).exec(source.text);
  const start = found?.index ?? 0;
  const hint = /^[./]/.test(wanted)
    ? undefined
    : `npm install ${wanted.split("/", wanted.startsWith("@") ? 2 : 1).join("/")}`;
  return {
    message: `no file or package \`${wanted}\``,
    at: { source, start, end: start + (found?.[0].length ?? 0) },
    hint,
  };
}

/** A name that `tsrun` does not export is undefined at run time; what fails is its first use, as `(0 , _tsrun.defineTsk)`. */
function missingExport(file: string, thrown: unknown, exports: Exports): Diagnosis | undefined {
  const name = /^\(0\s*,\s*_\w+\.(\w+)\) is not a function/.exec(messageOf(thrown))?.[1];
  if (name === undefined) return undefined;
  const source = sourceOf(placeOf(file, thrown)?.file ?? file);
  const from = new RegExp(`\\b${name}\\b[^;]*?\\bfrom\\s*["']([^"']+)["']`).exec(source.text);
  const start = from?.index ?? 0;
  const known = exports[from?.[1] ?? ""];
  const message = `\`${from?.[1] ?? "the imported file"}\` exports no function \`${name}\``;
  return {
    message,
    at: { source, start, end: start + (from ? name.length : 0) },
    hint: known && didYouMean(name, known),
  };
}

function other(file: string, thrown: unknown): Diagnosis {
  const [first = ""] = messageOf(thrown).split("\n");
  const place = placeOf(file, thrown);
  const source = sourceOf(place?.file ?? file);
  // Babel, which reads the file for jiti, counts columns from 0.
  const isSyntax = first.startsWith("ParseError: ");
  const start = place ? offsetOf(source, place.line, place.column + (isSyntax ? 1 : 0)) : 0;
  return { message: first.replace(/^ParseError: /, "").trim(), at: { source, start, end: start } };
}

/** tsrun's own files: an error thrown there was caused by the user's file further up the stack. */
const program = fileURLToPath(new URL("..", import.meta.url));

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The first of the user's files that a syntax error's message or a thrown error's stack names. */
function placeOf(file: string, thrown: unknown): Place | undefined {
  const trace = `${messageOf(thrown)}\n${thrown instanceof Error ? (thrown.stack ?? "") : ""}`;
  const places = [...trace.matchAll(/(\/[^():\n]*?\.[cm]?[jt]s):(\d+):(\d+)/g)].map(
    ([, path = "", line, column]): Place => ({ file: path, line: Number(line), column: Number(column) }),
  );
  const isOwn = (place: Place): boolean =>
    place.file === file || !(place.file.includes("/node_modules/") || place.file.startsWith(program));
  return places.find((place) => isOwn(place) && existsSync(place.file));
}

function offsetOf(source: SourceFile, line: number, column: number): number {
  let offset = 0;
  for (let at = 1; at < line; at++) offset = source.text.indexOf("\n", offset) + 1;
  const start = Math.min(source.text.length, offset + column - 1);
  // Types that were stripped can leave a column beyond its line.
  return positionAt(source, start).line === line ? start : offset;
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
