import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery, type QueryOutput } from "../task/query.ts";
import { type Sh, sh } from "../task/sh.ts";
import { findPath } from "./file.ts";

/** The bytes of a regular file (through links). */
export interface FileContent {
  readonly size: number;
  /** Every byte: those that are no UTF-8 stand as lone surrogates (see `lib/bytes.ts`). Undefined when the file is too big to be read. */
  readonly text: string | undefined;
}

/** Bigger files are not read as a whole. */
export const readableFileBytes = 8 * 1_048_576;

/** Content of a regular file; undefined when there is none. Three processes for any number of files. */
export const fileContent = defineQuery<string, FileContent | undefined>({
  name: "file-content",
  script: (paths) => contentScript(sh`${[...new Set(paths.map(findPath))]}`),
  parse(output, paths) {
    const found = parseContents(output);
    return paths.map((path) => found.get(findPath(path)));
  },
});

/** Prints the files that these words of shell name: all sizes and names, an empty record, then all bytes in one run. */
export function contentScript(words: Sh): Sh {
  return sh`
    sizes() {
      find -H "$@" -maxdepth 0 -type f -printf '%s\0%p\0' 2>/dev/null && return
      case $(find --version 2>/dev/null) in *GNU*) return;; esac
      for p do [ -f "$p" ] && printf '%s\0%s\0' "$(($(wc -c < "$p")))" "$p"; done
    }
    contents() {
      sizes "$@"
      printf '\0'
      find -H "$@" -maxdepth 0 -type f -size ${`-${readableFileBytes + 1}c`} -exec cat -- {} +
    }
    contents ${words}
    exit 0`;
}

/** What {@link contentScript} printed, by path, in the order of the words. */
export function parseContents(output: QueryOutput): ReadonlyMap<string, FileContent> {
  const found = new Map<string, FileContent>();
  const bytes = Buffer.from(output.stdout);
  const sizes: { readonly path: string; readonly size: number }[] = [];
  let at = 0;
  const field = () => {
    const end = bytes.indexOf(0, at);
    if (end === -1) throw new Error(`no sizes: ${decodeBytes(output.stderr).trim()}`);
    const text = decodeBytes(bytes.subarray(at, end));
    at = end + 1;
    return text;
  };
  for (let size = field(); size !== ""; size = field()) sizes.push({ size: Number(size), path: field() });
  for (const { path, size } of sizes) {
    const isReadable = size <= readableFileBytes;
    found.set(path, { size, text: isReadable ? decodeBytes(bytes.subarray(at, at + size)) : undefined });
    if (isReadable) at += size;
  }
  // A file that grew or shrank between the two reads, or one that may not be read.
  if (at !== bytes.length) {
    const cause = decodeBytes(output.stderr).trim() || "a file changed while it was read";
    throw new Error(cause);
  }
  return found;
}
