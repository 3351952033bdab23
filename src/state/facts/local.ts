import { sh } from "../../task/sh.ts";
import { type FactSource, linesOf } from "./fact-source.ts";

/** The host's own facts: its `*.fact` files, executable or not, in JSON or INI. */
export function localFacts(directory: string): FactSource {
  return {
    name: "local",
    gives: /^(local)$/,
    isMinimal: true,
    // A section a file; the output of a program ends with a line of its return code.
    script: sh`for f in ${directory}/*.fact; do
      [ -e "$f" ] || continue
      b=\${f##*/}; b=\${b%.fact}
      if [ -x "$f" ]; then o=$("$f" </dev/null; echo; echo $?); s "local run $b"; printf '%s' "$o"
      else s "local text $b"; tr -d '\0' < "$f"; fi
    done`,
    parse(_, all) {
      const local: [string, unknown][] = [];
      for (const [section, text] of all) {
        const [, kind, name] = /^local (run|text) ([^]*)$/.exec(section) ?? [];
        const read = kind === "run" ? outputFact : fileFact;
        if (name !== undefined) local.push([name, read(`${directory}/${name}.fact`, text)]);
      }
      return { local: Object.fromEntries(local) };
    },
  };
}

function outputFact(path: string, text: string): unknown {
  const end = text.lastIndexOf("\n");
  const rc = text.slice(end + 1);
  if (rc !== "0") return `Failure executing fact script (${path}), rc: ${rc}, err: `;
  return fileFact(path, text.slice(0, end));
}

function fileFact(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return parseIni(text) ?? `error loading facts as JSON or ini - please check content: ${path}`;
  }
}

/** As Python's configparser: sections, `name = value` or `name: value`, names in lower case; undefined when it is no INI. */
function parseIni(text: string): Record<string, Record<string, string>> | undefined {
  // Maps, because the host names the sections: `[__proto__]` is one like any other.
  const sections = new Map<string, Map<string, string>>();
  const defaults = new Map<string, string>();
  let current: Map<string, string> | undefined;
  let lastName: string | undefined;
  for (const line of linesOf(text.replaceAll("\r\n", "\n"))) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line)?.[1];
    const [, name, value] = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (header !== undefined) {
      current = header === "DEFAULT" ? defaults : (sections.get(header) ?? new Map<string, string>());
      if (current !== defaults) sections.set(header, current);
      lastName = undefined;
    } else if (current && lastName !== undefined && /^\s/.test(line))
      current.set(lastName, `${current.get(lastName)}\n${line.trim()}`);
    else if (current && name !== undefined) {
      lastName = name.toLowerCase();
      current.set(lastName, value as string);
    } else return undefined;
  }
  return Object.fromEntries(
    [...sections].map(([name, values]) => [name, Object.fromEntries([...defaults, ...values])]),
  );
}
