import {
  type Change,
  change,
  create,
  defineTask,
  encodeBytes,
  fileMode,
  remove,
  runCommand,
  type Step,
  sh,
  shLines,
  writeFile,
  z,
} from "tsrun";
import {
  type AptSources,
  addSource,
  aptSources,
  aptUpdate,
  chmodWord,
  file,
  removeSource,
  resolveMode,
} from "tsrun/state";

const args = z.object({
  repo: z
    .string()
    .min(1, "Please set argument 'repo' to a non-empty value")
    .describe("Source in one line, as in sources.list"),
  state: z.enum(["present", "absent"]).default("present").describe("Whether the source should be there"),
  filename: z.string().optional().describe("File in sources.list.d without `.list`; left out: named after the address"),
  mode: fileMode().optional().describe("Permissions of a new file; 0644 without it"),
  update_cache: z
    .boolean()
    .default(true)
    .describe("Fetch the package lists after a change")
    .meta({ aliases: ["update-cache"] }),
  update_cache_retries: z.number().int().positive().default(5).describe("How often fetching the lists is tried"),
  update_cache_retry_max_delay: z
    .number()
    .int()
    .nonnegative()
    .default(12)
    .describe("Longest wait between two tries, in seconds"),
  codename: z.string().optional().describe("Accepted for Ansible's sake: for `ppa:` sources, which are not supported"),
  install_python_apt: z.boolean().default(true).describe("Accepted for Ansible's sake: no Python is needed"),
  validate_certs: z.boolean().default(true).describe("Accepted for Ansible's sake: apt checks certificates itself"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "apt_repository",
  summary: "Keep sources of Debian packages",
  args,
  returns: {
    repo: "The source",
    state: "`present` or `absent`",
    sources_added: "Files that were made",
    sources_removed: "Files that were removed",
  },
  examples: [
    {
      name: "A vendor's archive",
      yaml: "apt_repository:\n  repo: deb [signed-by=/etc/apt/keyrings/hashicorp.asc] https://apt.releases.hashicorp.com bookworm main\n  filename: hashicorp",
    },
  ],
  observe: () => ({ sources: aptSources(null) }),
  plan(args, { sources }) {
    const files = sources ?? {};
    const edited =
      args.state === "present" ? addSource(files, args.repo, args.filename) : removeSource(files, args.repo);
    const entries = Object.entries(edited);
    if (entries.length === 0) return [];
    const mode = chmodWord(resolveMode(args.mode ?? "0644", 0o644, false));
    const changes: Change[] = entries.map(([path, text]) => {
      const before = files[path];
      const diff = {
        before: before ?? "",
        after: text,
        beforeHeader: before === undefined ? "/dev/null" : path,
        afterHeader: text === "" ? "/dev/null" : path,
      };
      if (text === "") return remove(file(path), sh`rm -f -- ${path}`, { diff });
      const write = writeFile({ path, content: encodeBytes(text), mode: before === undefined ? mode : undefined });
      return before === undefined
        ? create(file(path), { type: "file", size: text.length }, write, { diff })
        : change(file(path), { size: text.length }, write, { diff });
    });
    const kept = Object.fromEntries(Object.entries({ ...files, ...edited }).filter(([, text]) => text !== ""));
    const update = args.update_cache ? [updateOrRevert(args, files, Object.keys(edited))] : [];
    return [
      ...changes,
      { ...change(aptSources(null), {}, update, { mayAlter: ["apt-policy", "available-packages"] }), after: kept },
    ];
  },
  result: ({ repo, state }, { before, after }) => {
    const [old, now] = [before.sources ?? {}, after.sources ?? {}];
    return {
      repo,
      state,
      sources_added: Object.keys(now).filter((path) => !(path in old)),
      sources_removed: Object.keys(old).filter((path) => !(path in now)),
    };
  },
});

/** A source that apt cannot read would break every later apt-get, so the old files come back when the lists cannot be fetched. */
function updateOrRevert(args: Args, files: AptSources, paths: readonly string[]): Step {
  const options = { lock_timeout: 300, dpkg_options: "" };
  const update = aptUpdate(options, args.update_cache_retries, args.update_cache_retry_max_delay);
  if (update.type !== "command") return update;
  const old = paths.filter((path) => files[path] !== undefined);
  const revert = shLines([
    ...paths.filter((path) => files[path] === undefined).map((path) => sh`rm -f -- ${path}`),
    ...old.map((path) => {
      const text = files[path] ?? "";
      return sh`t=$(mktemp ${`${path}.tsrun-XXXXXX`}) && printf %s ${text} > "$t" && chmod 0644 "$t" && mv -f -- "$t" ${path}`;
    }),
  ]);
  const script = shLines([
    sh`sh -c ${update.command.script.text}; r=$?; [ $r = 0 ] && exit 0`,
    revert,
    sh`echo 'the sources are as before, since the package lists could not be fetched' >&2; exit $r`,
  ]);
  return runCommand(script, { protect: true });
}
