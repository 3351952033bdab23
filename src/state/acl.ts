import { answerText, defineQuery, type QueryDefinition } from "../task/query.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";

export interface AclKey {
  readonly path: string;
  /** Options of setfacl or getfacl. */
  readonly words: readonly string[];
}

/** Words of setfacl and getfacl for a key. */
export function aclWords({ path, words }: AclKey): readonly string[] {
  return [...words, "--", path];
}

/** Entries of a file's access control list, as getfacl prints them; undefined without the file or without getfacl. */
export const aclEntries = defineQuery<AclKey, readonly string[] | undefined>({
  name: "acl",
  script: (keys) => script(keys, (key) => sh`getfacl --omit-header --absolute-names ${aclWords(key)}`),
  parse: (output, keys) =>
    answers(answerText(output), keys).map((lines) => lines?.filter((line) => !line.startsWith("#"))),
});

/** `--test` prints `PATH: LIST,DEFAULTS`, each `*` where it would not be altered. A path may have line breaks, which are printed as they are. */
const difference: Pick<QueryDefinition<AclKey, boolean | undefined>, "script" | "parse"> = {
  script: (keys) => script(keys, (key) => sh`setfacl --test ${aclWords(key)}`),
  parse: (output, keys) =>
    answers(answerText(output), keys).map((lines) =>
      lines?.some((line) => /: (\*|[ugmo]:\S*),(\*|[dugmo]\S*)$/.test(line) && !line.endsWith(": *,*")),
    ),
};

/** Whether setfacl with these words would alter a file's list; undefined without the file or without setfacl. */
export const aclDifference = defineQuery<AclKey, boolean | undefined>({ name: "acl_difference", ...difference });

/** As {@link aclDifference}, for all that is in a directory. */
export const aclTreeDifference = defineQuery<AclKey, boolean | undefined>({
  name: "acl_tree_difference",
  isCostly: true,
  ...difference,
});

function script(keys: readonly AclKey[], ask: (key: AclKey) => Sh): Sh {
  return shLines([
    sh`command -v setfacl >/dev/null || exit 0`,
    ...keys.map((key) => sh`if [ -e ${key.path} ]; then echo; ${ask(key)} || exit; fi; printf '\0'`),
  ]);
}

function answers(text: string, keys: readonly AclKey[]): readonly (readonly string[] | undefined)[] {
  const parts = text.split("\0");
  return keys.map((_, index) => {
    const part = parts[index] ?? "";
    if (part === "") return undefined;
    const lines = part.split("\n").map((line) => line.trim());
    return lines.filter((line) => line !== "");
  });
}
