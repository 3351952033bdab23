import { Float } from "../../src/lib/float.ts";

/** What happened in a run, in the words that Ansible and tsrun share. */
export type Happening =
  | { readonly event: "play"; readonly name: string }
  | { readonly event: "note"; readonly text: string }
  | { readonly event: "task"; readonly name: string; readonly isHandler: boolean }
  | {
      readonly event: "included";
      readonly file: string;
      readonly hosts: readonly string[];
      readonly label: string | null;
    }
  | { readonly event: "retry"; readonly host: string; readonly left: number }
  | ({ readonly event: "item" | "host" } & ResultHappening)
  | { readonly event: "recap"; readonly hosts: Readonly<Record<string, Readonly<Record<string, number>>>> };

interface ResultHappening {
  readonly name: string;
  readonly module: string;
  readonly host: string;
  readonly status: string;
  readonly label: string | null;
  readonly isLoop: boolean;
  readonly delegated: string | null;
  readonly result: Readonly<Record<string, unknown>>;
  readonly diff: unknown;
}

/** Modules whose results are what a case wants to show; of others only the status is compared. */
const showing = /^(ansible\.builtin\.)?(debug|assert|fail)$/;

/** Recap words in the order they are shown; Ansible's own names on the left. */
const counts = [
  ["ok", "ok"],
  ["changed", "changed"],
  ["unreachable", "unreachable"],
  ["failures", "failed"],
  ["skipped", "skipped"],
  ["rescued", "rescued"],
  ["ignored", "ignored"],
] as const;

/**
 * A run as text that can be read and compared. Hosts of one task stand in the order of their names: real runs finish in any order.
 * `isByHost`: each host's results for itself, for strategies that have no common order.
 */
export function transcript(happenings: readonly Happening[], isByHost: boolean): string {
  return isByHost ? byHost(happenings) : inLockstep(happenings);
}

function inLockstep(happenings: readonly Happening[]): string {
  const lines: string[] = [];
  let heading: string | undefined;
  let results: { readonly host: string; readonly line: string }[] = [];
  const flush = (): void => {
    if (results.length > 0) {
      if (heading !== undefined) lines.push(heading);
      lines.push(...results.toSorted((a, b) => compare(a.host, b.host)).map(({ line }) => line));
    }
    results = [];
    heading = undefined;
  };
  for (const happening of happenings) {
    switch (happening.event) {
      case "play":
        flush();
        lines.push(`PLAY [${happening.name}]`);
        break;
      case "note":
        flush();
        lines.push(happening.text);
        break;
      case "task":
        flush();
        heading = taskHeading(happening);
        break;
      case "included":
        // Includes are told after the results of all hosts.
        results.push({ host: "\uffff", line: includedLine(happening) });
        break;
      case "retry":
        results.push({ host: happening.host, line: `  retry ${happening.host}, ${happening.left} left` });
        break;
      case "item":
      case "host":
        // What `meta` does is seen in what follows.
        if (happening.module !== "meta") results.push({ host: happening.host, line: `  ${resultText(happening)}` });
        break;
      case "recap":
        flush();
        lines.push(...recapLines(happening.hosts));
    }
  }
  flush();
  return lines.map((line) => `${line}\n`).join("");
}

function byHost(happenings: readonly Happening[]): string {
  const lines: string[] = [];
  const ofHost = new Map<string, string[]>();
  const flush = (): void => {
    for (const host of [...ofHost.keys()].toSorted(compare)) lines.push(`HOST ${host}`, ...(ofHost.get(host) ?? []));
    ofHost.clear();
  };
  for (const happening of happenings) {
    if (happening.event === "play" || happening.event === "note") {
      flush();
      lines.push(happening.event === "play" ? `PLAY [${happening.name}]` : happening.text);
    } else if ((happening.event === "item" || happening.event === "host") && happening.module !== "meta") {
      const own = ofHost.get(happening.host) ?? [];
      own.push(`  [${happening.name}] ${resultText(happening)}`);
      ofHost.set(happening.host, own);
    } else if (happening.event === "recap") {
      flush();
      lines.push(...recapLines(happening.hosts));
    }
  }
  flush();
  return lines.map((line) => `${line}\n`).join("");
}

function taskHeading({ name, isHandler }: { readonly name: string; readonly isHandler: boolean }): string {
  return `${isHandler ? "HANDLER" : "TASK"} [${name}]`;
}

function includedLine({
  file,
  hosts,
  label,
}: {
  readonly file: string;
  readonly hosts: readonly string[];
  readonly label: string | null;
}): string {
  return `  included ${file} for ${hosts.join(", ")}${label === null ? "" : ` (item=${label})`}`;
}

function resultText(happening: ResultHappening & { readonly event: "item" | "host" }): string {
  const { status, host, label, delegated, event } = happening;
  const target = delegated === null ? host : `${host} -> ${delegated}`;
  const isCensored = Object.hasOwn(happening.result, "censored");
  const item = event === "item" ? ` (item=${isCensored ? "" : (label ?? "")})` : "";
  return `${status} ${target}${item}${diffText(happening)}${valuesText(happening)}`;
}

function valuesText({ module, result, isLoop, event, status }: ResultHappening & { readonly event: string }): string {
  if (Object.hasOwn(result, "censored")) return " (censored)";
  if (!showing.test(module) || status === "skipped" || (isLoop && event === "host")) return "";
  // Why a template could not be evaluated is said in other words.
  if ((status === "failed" || status === "ignored") && module.endsWith("debug")) return "";
  // What the module itself says, without what loops, `failed_when` and errors of a template add.
  const hidden =
    /^(changed|failed|invocation|ansible_loop_var|ansible_index_var|ansible_loop|exception|warnings|deprecations|because)$/;
  const loopVariables = [result["ansible_loop_var"], result["ansible_index_var"]].map(String);
  const shown = Object.entries(result).filter(
    ([name]) => !name.startsWith("_ansible") && !hidden.test(name) && !loopVariables.includes(name),
  );
  // Ansible gives the reason only with -v.
  const text = toJson(Object.fromEntries(shown)).replaceAll(/(VARIABLE IS NOT DEFINED!)[^"]*/g, "$1");
  return shown.length === 0 ? "" : ` ${text}`;
}

function diffText({ diff, event, isLoop }: ResultHappening & { readonly event: string }): string {
  if ((isLoop && event === "host") || typeof diff !== "object" || diff === null) return "";
  const parts = (Array.isArray(diff) ? diff : [diff]) as { readonly before?: unknown; readonly after?: unknown }[];
  // lineinfile has an empty diff where none was asked for.
  const texts = parts.filter(({ before, after }) => isText(before) && isText(after) && before !== after);
  return texts.map(({ before, after }) => ` diff ${toJson(before)} to ${toJson(after)}`).join("");
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function recapLines(hosts: Readonly<Record<string, Readonly<Record<string, number>>>>): readonly string[] {
  return [
    "RECAP",
    ...Object.keys(hosts)
      .toSorted(compare)
      .map((host) => {
        const own = hosts[host] ?? {};
        const words = counts.flatMap(([theirs, word]) => {
          const count = own[theirs] ?? own[word] ?? 0;
          return count === 0 ? [] : [`${word}=${count}`];
        });
        if (own["unknown"]) words.push(`unknown=${own["unknown"]}`);
        return `  ${host} ${words.join(" ")}`.trimEnd();
      }),
  ];
}

/** JSON with sorted keys; `1.0` and `1` are one number. */
function toJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (value instanceof Float) return value.value;
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  if ("toJSON" in value && typeof value.toJSON === "function") return sorted(value.toJSON());
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([a], [b]) => compare(a, b))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
