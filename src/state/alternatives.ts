import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

export interface Alternative {
  readonly path: string;
  readonly priority: number;
  /** Links that go along with it, by name: what each leads to. */
  readonly slaves: Readonly<Record<string, string>>;
}

/** A name of update-alternatives(1). */
export interface AlternativesState {
  readonly link: string;
  readonly status: "auto" | "manual";
  /** The choice that is in effect; empty for none. */
  readonly value: string;
  /** Links of the slaves by name. */
  readonly slaveLinks: Readonly<Record<string, string>>;
  readonly choices: readonly Alternative[];
}

/** The alternatives of a name (`editor`); undefined when the host has none of that name. */
export const alternatives = defineQuery<string, AlternativesState | undefined>({
  name: "alternatives",
  script: (
    names,
  ) => sh`command -v update-alternatives >/dev/null || { echo 'the host has no update-alternatives' >&2; exit 1; }
    for n in ${names}; do update-alternatives --query "$n" 2>/dev/null; printf '\0'; done`,
  parse(output, names) {
    const parts = answerText(output).split("\0");
    return names.map((_, index) => parseAlternatives(parts[index] ?? ""));
  },
});

/** Paragraphs of `Field: value`; slaves are lines that begin with a blank. The first paragraph is about the name, the others choices. */
function parseAlternatives(text: string): AlternativesState | undefined {
  const [head, ...choices] = text.trim().split("\n\n").map(parseParagraph);
  const link = head?.fields.get("Link");
  if (!head || link === undefined) return undefined;
  const value = head.fields.get("Value") ?? "none";
  return {
    link,
    status: head.fields.get("Status") === "manual" ? "manual" : "auto",
    value: value === "none" ? "" : value,
    slaveLinks: head.slaves,
    choices: choices.map(({ fields, slaves }) => ({
      path: fields.get("Alternative") ?? "",
      priority: Number(fields.get("Priority")),
      slaves,
    })),
  };
}

function parseParagraph(text: string) {
  const fields = new Map<string, string>();
  const slaves: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, path] = /^ (\S+) (.*)$/.exec(line) ?? [];
    if (name !== undefined && path !== undefined) slaves[name] = path;
    const colon = line.indexOf(":");
    if (!line.startsWith(" ") && colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { fields, slaves };
}
