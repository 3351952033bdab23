import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery, type QueryOutput } from "../task/query.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";
import { findPath } from "./file.ts";

export type ChecksumAlgorithm = "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512";

export interface FileChecksumKey {
  readonly path: string;
  readonly algorithm: ChecksumAlgorithm;
}

/** Files up to this size are hashed together with other reads; bigger ones only when their task is reached. */
export const smallFileBytes = 1_048_576;

/**
 * Hash of a regular file (through links) as hex; undefined when there is none, when it cannot be read, and when it is bigger than
 * {@link smallFileBytes}. One process an algorithm for any number of files.
 */
export const fileChecksum = defineQuery<FileChecksumKey, string | undefined>({
  name: "file-checksum",
  script: (keys) => checksumScript(keys, smallFileBytes),
  parse: parseChecksums,
});

/** Hash of a regular file of any size. Ask it only where type and size agree already. */
export const bigFileChecksum = defineQuery<FileChecksumKey, string | undefined>({
  name: "big-file-checksum",
  isCostly: true,
  script: (keys) => checksumScript(keys),
  parse: parseChecksums,
});

/** The checksum query that fits a file whose size is known. */
export function checksumOf(key: FileChecksumKey, size: number): ReturnType<typeof fileChecksum> {
  return size <= smallFileBytes ? fileChecksum(key) : bigFileChecksum(key);
}

/** With the processor's own instructions openssl takes a fifth of the time that Debian's sha256sum takes up to release 12. */
const withOpenssl = sh`if command -v openssl >/dev/null; then
        for p do
          [ -f "$p" ] || continue
          h=$(openssl dgst -r -"\${s%sum}" <"$p") || h=$("$s" <"$p") || continue
          printf '%s  %s\0' "\${h%% *}" "$p"
        done
        return
      fi`;

function checksumScript(keys: readonly FileChecksumKey[], limit?: number): Sh {
  const algorithms = [...new Set(keys.map((key) => key.algorithm))];
  // Without GNU's -z names would need escapes, so other hosts hash one file a process. Records: `hash, two characters, path NUL`.
  return shLines([
    sh`
    sums() {
      s=$1; shift
      printf '%s\0' "$s"
      ${limit === undefined && withOpenssl}
      find -H "$@" -maxdepth 0 -type f ${limit !== undefined && ["-size", `-${limit + 1}c`]} -exec "$s" -z -- {} + && return
      case $("$s" --version 2>/dev/null) in *GNU*) return;; esac
      printf '\0'
      for p do
        [ -f "$p" ] && ${limit === undefined ? sh`:` : sh`[ "$(wc -c < "$p")" -le ${limit} ]`} || continue
        h=$("$s" < "$p") && printf '%s  %s\0' "\${h%% *}" "$p"
      done
    }`,
    ...algorithms.map((algorithm) => {
      const paths = keys.filter((key) => key.algorithm === algorithm).map((key) => findPath(key.path));
      return sh`sums ${`${algorithm}sum`} ${paths} 2>/dev/null; printf '\0'`;
    }),
    sh`exit 0`,
  ]);
}

function parseChecksums(output: QueryOutput, keys: readonly FileChecksumKey[]): readonly (string | undefined)[] {
  const found = new Map<string, string>();
  let algorithm = "";
  for (const record of decodeBytes(output.stdout).split("\0")) {
    const [, hash, path] = /^([0-9a-f]{32,128}) [ *]([^]*)$/.exec(record) ?? [];
    if (hash !== undefined && path !== undefined) found.set(`${algorithm} ${path}`, hash);
    else if (/^[a-z0-9]+sum$/.test(record)) algorithm = record.slice(0, -"sum".length);
  }
  return keys.map((key) => found.get(`${key.algorithm} ${findPath(key.path)}`));
}
