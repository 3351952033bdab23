import {
  type Change,
  change,
  create,
  defineTask,
  type Plan,
  remove,
  runCommand,
  type Step,
  sh,
  shLines,
  TaskFailure,
  unknown,
  z,
} from "tsrun";
import {
  answered,
  buildStep,
  dockerArchive,
  dockerArgs,
  dockerBuildArgs,
  dockerCalls,
  dockerCli,
  dockerDiff,
  dockerEngine,
  dockerImage,
  dockerMissing,
  type DockerObject,
  directoryOf,
  encodeName,
  file,
  isBuildDirectory,
  isImageId,
  notYet,
  openBeside,
  plainImageName,
  program,
  pullStep,
  refuseDockerName,
  splitImage,
  wholeImageName,
} from "tsrun/state";

const args = z.object({
  name: z.string().describe("Name of the image, with its registry and tag where they matter; or its id"),
  tag: z
    .string()
    .regex(/^$|^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$/, "expected letters, digits, `_`, `.` and `-`")
    .default("latest")
    .describe("Tag, when `name` has none"),
  state: z.enum(["absent", "present"]).default("present").describe("Whether it should be there"),
  source: z
    .enum(["build", "load", "pull", "local"])
    .optional()
    .describe("Where it comes from; needed for `state: present`"),
  force_source: z.boolean().default(false).describe("Build, load or pull it although it is there"),
  pull: z.strictObject({ platform: z.string().optional() }).optional().describe("How it is pulled: `platform`"),
  build: dockerBuildArgs
    .optional()
    .describe(
      "How it is built, by the classic builder: `path`, a directory of the host, `dockerfile`, `args`, `target`, `pull`, `nocache`, `rm`, `network`, `etc_hosts`, `cache_from`, `container_limits`, `platform`, `http_timeout`",
    ),
  load_path: z.string().optional().describe("File of the host that it is loaded from").meta({ path: true }),
  archive_path: z.string().optional().describe("File of the host that it is saved to").meta({ path: true }),
  repository: z.string().optional().describe("A further name for it, `repository:tag`"),
  force_tag: z.boolean().default(false).describe("Give that name to it although another image has it"),
  push: z.boolean().default(false).describe("Push it, under `repository` where that is given"),
  force_absent: z.boolean().default(false).describe("Remove it with all its names"),
  ...dockerArgs,
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "docker_image",
  summary: "Pull, build, load, tag, push, save or remove an image of Docker",
  args,
  returns: {
    image: "The image as Docker's API describes it",
    stdout: "With `source: build`: what the builder said",
  },
  examples: [
    { name: "An image of a registry", yaml: "docker_image:\n  name: 127.0.0.1:5001/shop:1\n  source: pull" },
    {
      name: "Another name for it",
      yaml: "docker_image:\n  name: 127.0.0.1:5001/shop:1\n  repository: shop/web:1\n  source: local",
    },
    {
      name: "An image that is built",
      yaml: "docker_image:\n  name: shop/tools:1\n  source: build\n  build:\n    path: /srv/tools",
    },
    { name: "No image", yaml: "docker_image:\n  name: shop/old:1\n  state: absent" },
  ],
  observe(args) {
    const engine = dockerEngine(args);
    const isPresent = args.state === "present";
    const isSource = (source: Args["source"]) => isPresent && args.source === source;
    return {
      client: program("docker"),
      image: dockerImage(engine, imageOf(args)),
      target: isPresent && args.repository !== undefined ? dockerImage(engine, targetOf(args)) : undefined,
      archive: isPresent && args.archive_path !== undefined ? dockerArchive(args.archive_path) : undefined,
      loaded: isSource("load") && args.load_path !== undefined ? file(args.load_path) : undefined,
      context: isSource("build") && args.build && isBuildDirectory(args.build.path) ? file(args.build.path) : undefined,
    };
  },
  plan(args, state, { isCheck, applied }): Plan {
    refuseBadArgs(args);
    const missing = dockerMissing(args, state, isCheck);
    if (missing) return missing;
    const engine = dockerEngine(args);
    const name = imageOf(args);
    const query = dockerImage(engine, name);
    const image = answered(state.image);
    if (args.state === "absent") {
      const away = { method: "DELETE", path: `/images/${encodeName(name)}?force=${args.force_absent}` } as const;
      const diff = dockerDiff(`image ${name}`, [{ name: "exists", before: true, after: false }]);
      return { changes: image ? [remove(query, dockerCalls(engine, [away]), diff)] : [] };
    }
    const hasSource = applied.some((one) => one.query.id === query.id);
    if (!image && args.source === "local") return notYet(`Cannot find the image ${name} locally.`, isCheck);
    const isDue = !image || (args.force_source && !hasSource && args.source !== "local");
    const again = changedBy(args, applied, query.id, image?.["Id"], "Id");
    if (isDue) {
      if (isCheck && image)
        return { changes: [], unknown: "whether there is another image can be told only afterwards" };
      const steps = sourceSteps(args, name, state);
      const diff = dockerDiff(`image ${name}`, [{ name: "exists", before: false, after: true }]);
      const same: DockerObject = { Id: image?.["Id"] };
      const fresh: DockerObject = { Id: unknown, RepoTags: [name] };
      const got = image
        ? change(query, same, steps, { isEvent: true, isQuiet: true })
        : create(query, fresh, steps, diff);
      if (!isCheck) return { changes: [got], isPartial: true };
      return {
        changes: [got, ...planUses(args, state.archive, undefined, answered(state.target), true, applied).changes],
      };
    }
    const uses = planUses(args, state.archive, image, answered(state.target), isCheck, applied);
    return { changes: [...again, ...uses.changes], isPartial: uses.isPushing && !isCheck };
  },
  result(args, { after, outputs, isCheck }) {
    if (args.state === "absent") return { image: {} };
    const image = answered(after.target) ?? answered(after.image) ?? {};
    const [built] = outputs;
    return {
      image,
      ...(args.source === "build" &&
        built &&
        !isCheck && { stdout: built.stdout.replace(/^Sending build context.*\r*\n/m, "").trimEnd() }),
    };
  },
});

function refuseBadArgs(args: Args): void {
  const refuse = (isWrong: boolean, message: string) => {
    if (isWrong) throw new TaskFailure(message);
  };
  refuseDockerName("an image", args.name);
  if (args.repository !== undefined) refuseDockerName("an image", args.repository);
  if (args.state === "absent") return;
  const { source } = args;
  refuse(source === undefined, "state is present but all of the following are missing: source");
  refuse(source === "build" && !args.build, "source is build but all of the following are missing: build");
  refuse(
    source === "load" && args.load_path === undefined,
    "source is load but all of the following are missing: load_path",
  );
  const isId = isImageId(args.name);
  refuse(
    isId && (source === "pull" || source === "build"),
    `Image name must not be an image ID for source=${source}; got: ${args.name}`,
  );
  refuse(args.repository !== undefined && isImageId(args.repository), "`repository` must not be an image ID");
  refuse(
    isId && args.push && args.repository === undefined,
    `Cannot push an image by ID; specify \`repository\` to tag and push the image with ID ${args.name} instead`,
  );
}

function imageOf({ name, tag }: Args): string {
  return isImageId(name) ? name : wholeImageName(name, tag === "" ? undefined : tag);
}

function targetOf(args: Args): string {
  return wholeImageName(
    args.repository ?? "",
    (isImageId(args.name) ? undefined : splitImage(imageOf(args)).tag) ?? args.tag,
  );
}

interface Sources {
  readonly loaded: { readonly type: string } | undefined;
  readonly context: { readonly type: string } | undefined;
}

function sourceSteps(args: Args, name: string, { loaded, context }: Sources): readonly Step[] {
  const engine = dockerEngine(args);
  if (args.source === "pull") return [pullStep(engine, name, args.pull?.platform)];
  if (args.source === "load") {
    const path = args.load_path ?? "";
    if (loaded?.type === undefined)
      throw new TaskFailure(`Error loading image ${name}. Specified path ${path} does not exist.`);
    const line = isImageId(name) ? `Loaded image ID: ${name}` : `Loaded image: ${name}`;
    return [
      runCommand(sh`said=$(${dockerCli(engine)} load -i ${path}) || exit 1
        printf '%s\n' "$said"
        printf '%s\n' "$said" | grep -Fxq -- ${line} || { printf '%s: %s\n' ${`the archive does not hold the image ${name}`} "$said" >&2; exit 1; }`),
    ];
  }
  const options = args.build;
  if (!options) return [];
  if (isBuildDirectory(options.path) && context?.type !== "directory")
    throw new TaskFailure(`Requested build path ${options.path} could not be found or you do not have access.`);
  return [buildStep(engine, options, name)];
}

/** What is done with an image that is there: saved, tagged, pushed. */
function planUses(
  args: Args,
  archive: { readonly id: string; readonly names: readonly string[] } | undefined,
  image: DockerObject | undefined,
  target: DockerObject | undefined,
  isCheck: boolean,
  applied: readonly Change[],
): { readonly changes: readonly Change[]; readonly isPushing: boolean } {
  const engine = dockerEngine(args);
  const name = imageOf(args);
  const changes: Change[] = [];
  const path = args.archive_path;
  const isArchived = image !== undefined && archive?.id === image["Id"] && archive?.names.join() === name;
  if (path !== undefined && !isArchived) {
    const save = shLines([
      openBeside(directoryOf(path)),
      sh`trap 'rm -f -- "$t"' EXIT`,
      sh`${dockerCli(engine)} save -- ${name} >&3 && chmod 644 -- "$o" && mv -fT -- "$t" ${path}`,
    ]);
    const make = archive ? change : create;
    const shown = { name: "image", before: archive ? archive.names.join(" ") : undefined, after: name };
    const id = image?.["Id"];
    const after = typeof id === "string" ? { id, names: [name] } : unknown;
    changes.push(make(dockerArchive(path), after, save, { ...dockerDiff(path, [shown]), mayAlter: [file(path)] }));
  }
  const pushed = args.repository === undefined ? name : targetOf(args);
  const pushedQuery = dockerImage(engine, pushed);
  if (args.repository !== undefined && (!target || (args.force_tag && target["Id"] !== image?.["Id"]))) {
    const { repository, tag = "latest" } = splitImage(pushed);
    const query = `repo=${encodeURIComponent(repository)}&tag=${encodeURIComponent(tag)}`;
    const request = { method: "POST", path: `/images/${encodeName(name)}/tag?${query}` } as const;
    const diff = dockerDiff(`image ${pushed}`, [{ name: "Id", before: target?.["Id"], after: image?.["Id"] ?? name }]);
    const make = target ? change : create;
    changes.push(make(pushedQuery, image ?? unknown, dockerCalls(engine, [request]), diff));
  }
  if (!args.push) return { changes, isPushing: false };
  const known = digestsOf(pushed, args.repository === undefined ? image : (target ?? image));
  const push = runCommand(sh`${dockerCli(engine)} push -- ${pushed}`);
  const diff = dockerDiff(`image ${pushed}`, [{ name: "pushed", before: false, after: true }]);
  const wasPushed = applied.some((one) => one.query.id === pushedQuery.id && isPush(one));
  if (isCheck) {
    if (known === "") changes.push(change(pushedQuery, {}, [], { ...diff, isEvent: true }));
    return { changes, isPushing: false };
  }
  // The registry's digest of the image becomes known by the push: that it was another before is what changes.
  const before: DockerObject = { pushed: known };
  if (!wasPushed) changes.push(change(pushedQuery, before, push, { isEvent: true, isQuiet: true }));
  else
    changes.push(
      ...changedBy(args, applied.filter(isPush), pushedQuery.id, known, "pushed").map((one) => ({ ...one, ...diff })),
    );
  return { changes, isPushing: !wasPushed };
}

function isPush({ after }: Change): boolean {
  return typeof after === "object" && after !== null && "pushed" in after;
}

/** Digests by which an image is known in its repository's registry. */
function digestsOf(name: string, image: DockerObject | undefined): string {
  const repository = splitImage(plainImageName(name)).repository;
  const digests = (image?.["RepoDigests"] ?? []) as readonly string[];
  return digests.filter((digest) => splitImage(plainImageName(digest)).repository === repository).join(" ");
}

/** That an event that was quiet about itself did alter something. Said once. */
function changedBy(
  args: Args,
  applied: readonly Change[],
  id: string,
  now: unknown,
  member: string,
): readonly Change[] {
  const done = applied.filter((one) => one.query.id === id);
  const quiet = done.filter(
    (one) => one.isQuiet && one.after !== null && typeof one.after === "object" && member in one.after,
  );
  const [first] = quiet;
  if (!first || done.some((one) => !one.isQuiet && one.isEvent)) return [];
  const before = (first.after as DockerObject)[member];
  if (before === now) return [];
  const after: DockerObject = { [member]: now };
  const diff = dockerDiff(`image ${imageOf(args)}`, [{ name: member, before, after: now }]);
  return [change(first.query as ReturnType<typeof dockerImage>, after, [], { ...diff, isEvent: true })];
}
