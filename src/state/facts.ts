import { answerText, defineQuery, type Query } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";
import { factSources, selectSources } from "./facts/sources.ts";

/** What the host is: facts by Ansible's names, without the `ansible_` prefix. */
export type Facts = Readonly<Record<string, unknown>>;

interface FactsKey {
  /** Names of sources. */
  readonly sources: readonly string[];
  readonly factPath: string;
}

/** Where a host keeps facts of its own. */
export const defaultFactPath = "/etc/ansible/facts.d";

/**
 * The facts that a `gather_subset` selects, in one script.
 *
 * Throws a RangeError whose message is the name that no source has.
 */
export function facts(subset: readonly string[], factPath: string = defaultFactPath): Query<Facts> {
  return factsByKey({ sources: selectSources(subset, factSources(factPath)).map(({ name }) => name), factPath });
}

const factsByKey = defineQuery<FactsKey, Facts>({
  name: "facts",
  // Time, load and memory alter by themselves.
  freshMs: 60_000,
  script: (keys) => shLines([sh`s() { printf '\0%s\0' "$1"; }; exec 2>/dev/null`, ...keys.map(scriptOf), sh`exit 0`]),
  parse(output, keys) {
    // A key's output starts with a section named `facts`; the environment's NULs come at its end.
    const text = answerText(output);
    const parts = text.split("\0facts\0").slice(1);
    if (parts.length !== keys.length) throw new Error("the output is incomplete");
    return keys.map((key, index) => parseFacts(key, parts[index] as string));
  },
});

function scriptOf(key: FactsKey) {
  const chosen = sourcesOf(key);
  return shLines([sh`s facts`, ...chosen.map(({ script }) => script)]);
}

function parseFacts(key: FactsKey, text: string): Facts {
  const fields = text.split("\0");
  const all = new Map<string, string>();
  for (let at = 1; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (name === "env") {
      all.set(name, fields.slice(at + 1).join("\0"));
      break;
    }
    all.set(name, fields[at + 1] ?? "");
  }
  const sections = (name: string) => all.get(name) ?? "";
  return Object.assign({}, ...sourcesOf(key).map((source) => source.parse(sections, all))) as Facts;
}

function sourcesOf({ sources, factPath }: FactsKey) {
  return factSources(factPath).filter(({ name }) => sources.includes(name));
}
