import { type Change, defineTask, encodeBytes, fileMode, remove, sh, TaskFailure, z } from "tsrun";
import {
  contentOf,
  fetchFile,
  file,
  fileChecksum,
  fileResult,
  fileReturns,
  type FileState,
  observeDirectory,
  observePlace,
  planAttributeChange,
  planDirectory,
  planPlace,
  previousOf,
} from "tsrun/state";

const keyrings = "/etc/apt/keyrings";

const yesNo = (description: string) => z.boolean().optional().describe(description);
const words = (description: string) => z.array(z.string()).optional().describe(description);

const args = z.object({
  name: z.string().describe("Name of the source; its files are called so too"),
  state: z.enum(["present", "absent"]).default("present").describe("Whether the source should be there"),
  types: z
    .array(z.enum(["deb", "deb-src"]))
    .default(["deb"])
    .describe("Binary packages, source packages, or both"),
  uris: words("Addresses of the archive"),
  suites: words("Suites, or an exact path that ends with a slash"),
  components: words("Components of the suites"),
  architectures: words("Architectures; left out: the host's own"),
  signed_by: z
    .string()
    .optional()
    .describe("Key of the archive: a URL, a path on the host, fingerprints, or the armored key itself"),
  enabled: yesNo("Whether apt uses the source"),
  trusted: yesNo("Use the archive without any check of its signature"),
  languages: words("Languages of descriptions to fetch"),
  targets: words("What to fetch from the source"),
  pdiffs: yesNo("Fetch differences of lists"),
  by_hash: yesNo("Fetch lists by their hash"),
  allow_insecure: yesNo("Allow an archive without a valid signature"),
  allow_weak: yesNo("Allow signatures with a weak hash"),
  allow_downgrade_to_insecure: yesNo("Allow an archive that was signed before and is not now"),
  check_date: yesNo("Refuse lists from the future"),
  check_valid_until: yesNo("Refuse lists that are too old"),
  date_max_future: z.number().int().optional().describe("How many seconds from the future lists may be"),
  inrelease_path: z.string().optional().describe("Path of InRelease, relative to where it usually is"),
  mode: fileMode().default("0644").describe("Permissions of the file"),
  install_python_debian: z.boolean().default(true).describe("Accepted for Ansible's sake: no Python is needed"),
});
type Args = z.output<typeof args>;

interface State {
  readonly current: FileState | undefined;
  readonly parent: FileState | undefined;
  readonly sha256: string | undefined;
  readonly old: undefined;
  readonly keyFile: FileState | undefined;
  readonly asc: FileState | undefined;
  readonly gpg: FileState | undefined;
  readonly ascSum: string | undefined;
  readonly gpgSum: string | undefined;
}

export default defineTask({
  name: "deb822_repository",
  summary: "Keep sources of Debian packages, in the newer format",
  args,
  returns: {
    repo: "Text of the source",
    dest: "Its file",
    key_filename: "File of the key that signs it",
    ...fileReturns,
  },
  examples: [
    {
      name: "A vendor's archive with its key",
      yaml: "deb822_repository:\n  name: hashicorp\n  uris: https://apt.releases.hashicorp.com\n  suites: bookworm\n  components: main\n  signed_by: https://apt.releases.hashicorp.com/gpg",
    },
  ],
  observe(args, known, _prepared, { wantsDiff }) {
    const base = `${keyrings}/${slugOf(args.name)}`;
    const keyFile = isPath(args.signed_by) ? file(args.signed_by as string) : undefined;
    const hasKeys = isUrl(args.signed_by) || args.state === "absent";
    const key = keyPathOf(base, known(file(`${base}.asc`)), known(file(`${base}.gpg`)));
    return {
      ...observePlace(sourcesPath(args), textFor(args, key), known, wantsDiff),
      ...(isUrl(args.signed_by) ? observeDirectory(keyrings) : {}),
      keyFile,
      asc: hasKeys ? file(`${base}.asc`) : undefined,
      gpg: hasKeys ? file(`${base}.gpg`) : undefined,
      ascSum: isUrl(args.signed_by) ? fileChecksum({ path: `${base}.asc`, algorithm: "sha1" }) : undefined,
      gpgSum: isUrl(args.signed_by) ? fileChecksum({ path: `${base}.gpg`, algorithm: "sha1" }) : undefined,
    };
  },
  plan(args, observed, { applied, isCheck }) {
    const state = observed as unknown as State;
    const base = `${keyrings}/${slugOf(args.name)}`;
    if (args.state === "absent") return planAbsent(args, base, state);
    if (isPath(args.signed_by) && !state.keyFile) throw new TaskFailure(`no key at ${args.signed_by} on the host`);
    const changes: Change[] = [];
    if (isUrl(args.signed_by)) {
      changes.push(...planDirectory(keyrings, { mode: "0755" }, observed));
      const done = previousOf(base, applied);
      const now = state.ascSum ?? state.gpgSum;
      if (!done && !isCheck) {
        const fetch = fetchFile(
          { url: args.signed_by as string, path: base, timeout: 30, isKey: true, mode: "0644" },
          now,
        );
        return { changes: [...changes, fetch], isPartial: true };
      }
      const key = keyPathOf(base, state.asc, state.gpg);
      const current = state.asc ?? state.gpg;
      if (done && done.previous !== now)
        changes.push({ action: "change", query: file(key), after: {}, steps: [], isEvent: true });
      if (current) changes.push(...planAttributeChange({ mode: "0644" }, key, key, current, current));
    }
    const content = textFor(args, keyPathOf(base, state.asc, state.gpg));
    const place = { path: sourcesPath(args), content, mode: args.mode };
    const main = planPlace(place, state);
    return [
      ...changes,
      ...main.map((change, index) =>
        index === 0 ? { ...change, mayAlter: ["apt-policy", "available-packages"] } : change,
      ),
    ];
  },
  result(args, { after }) {
    const state = after as unknown as State;
    const base = `${keyrings}/${slugOf(args.name)}`;
    const key = isUrl(args.signed_by)
      ? keyPathOf(base, state.asc, state.gpg)
      : isPath(args.signed_by)
        ? args.signed_by
        : null;
    if (args.state === "absent") return { repo: null, dest: sourcesPath(args), key_filename: `${base}.gpg` };
    return {
      repo: textFor(args, key ?? "").text,
      dest: sourcesPath(args),
      key_filename: key,
      ...fileResult(state.current),
    };
  },
});

function planAbsent(args: Args, base: string, state: State): readonly Change[] {
  return [
    ...(state.current
      ? [
          remove(file(sourcesPath(args)), sh`rm -f -- ${sourcesPath(args)}`, {
            diff: { before: `${sourcesPath(args)}\n`, after: "" },
          }),
        ]
      : []),
    ...(["asc", "gpg"] as const).flatMap((extension) =>
      state[extension] ? [remove(file(`${base}.${extension}`), sh`rm -f -- ${`${base}.${extension}`}`)] : [],
    ),
  ];
}

function textFor(args: Args, key: string) {
  return contentOf(encodeBytes(stanzaOf(args, isUrl(args.signed_by) ? key : args.signed_by)), "deb822_repository");
}

/** The fields in the order of the arguments' names, as Ansible writes them. */
function stanzaOf(args: Args, signedBy: string | undefined): string {
  const { state: _state, mode: _mode, install_python_debian: _python, ...fields } = args;
  return Object.entries({ ...fields, signed_by: signedBy })
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const text = formatValue(value);
      return text.startsWith("\n") ? `${fieldName(name)}:${text}\n` : `${fieldName(name)}: ${text}\n`;
    })
    .join("");
}

function formatValue(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  const text = Array.isArray(value) ? value.join(" ") : String(value);
  if (!text.includes("\n")) return text;
  const lines = text
    .trim()
    .split("\n")
    .map((line) => line.trim() || ".");
  return `\n${lines.map((line) => `    ${line}`).join("\n")}`;
}

function fieldName(name: string): string {
  if (name === "name") return "X-Repolib-Name";
  if (name === "uris") return "URIs";
  return name
    .split("_")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("-");
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[_\s]+/g, "-")
    .replace(/[^a-z0-9-]+/g, "");
}

function sourcesPath({ name }: Args): string {
  return `/etc/apt/sources.list.d/${slugOf(name)}.sources`;
}

/** An armored key lies in `.asc`, a binary one in `.gpg`. */
function keyPathOf(base: string, asc: FileState | undefined, gpg: FileState | undefined): string {
  return !asc && gpg ? `${base}.gpg` : `${base}.asc`;
}

function isUrl(signedBy: string | undefined): boolean {
  return signedBy !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(signedBy);
}

function isPath(signedBy: string | undefined): boolean {
  return signedBy?.startsWith("/") === true;
}
