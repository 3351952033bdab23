import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, TsrunError } from "../lib/errors.ts";
import type { Engine } from "./engine.ts";
import type { ImageRecipe } from "./image-recipe.ts";
import { lockLab } from "./lab-lock.ts";
import type { LabProgress } from "./lab-progress.ts";
import { commandError, lastLines, runCommand, runOrFail } from "./run-command.ts";

export interface BuildContext {
  /** Of the checkout's labs: one of them makes an image, the others wait for it. */
  readonly labs: string;
  readonly engine: Engine;
  readonly progress: LabProgress;
  readonly signal?: AbortSignal | undefined;
}

const buildTimeoutMs = 15 * 60_000;
/** Long enough for a base image of 50 MB on an ordinary line; a registry that is not there mostly fails at once. */
const pullTimeoutMs = 45_000;
const patientPullTimeoutMs = 5 * 60_000;

/**
 * Makes the image of a recipe unless it is there already. The base comes from a registry where one is reachable and
 * from mmdebstrap otherwise. Errors: `E_LAB_BASE` (neither works), `E_LAB_NETWORK`, `E_LAB_BUILD`.
 */
export async function ensureImage(recipe: ImageRecipe, context: BuildContext): Promise<void> {
  const { engine, progress, signal } = context;
  if (await hasImage(engine, recipe.tag)) return;
  const onWait = (pid: number): void =>
    progress({ kind: "step", text: `waiting for process ${pid}, which builds image ${recipe.name}` });
  const unlock = await lockLab(context.labs, `image-${recipe.name}`, { timeoutMs: 2 * buildTimeoutMs, signal, onWait });
  try {
    if (!(await hasImage(engine, recipe.tag))) await buildImage(recipe, context);
  } finally {
    await unlock();
  }
}

async function buildImage(recipe: ImageRecipe, context: BuildContext): Promise<void> {
  const { progress, signal } = context;
  const hasBootstrap = (await runCommand(["mmdebstrap", "--version"])).exitCode === 0;
  progress({ kind: "step", text: `building image ${recipe.name}` });
  const scratch = await mkdtemp(join(tmpdir(), "tsrun-lab-"));
  try {
    const pullError = await fetchBase(recipe, hasBootstrap, context);
    if (pullError === undefined) await buildFromRegistry(recipe, scratch, context);
    else if (hasBootstrap) await buildFromArchive(recipe, scratch, context);
    else throw noBase(recipe, pullError);
  } catch (thrown) {
    signal?.throwIfAborted();
    throw explain(thrown, recipe);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

export async function hasImage(engine: Engine, image: string): Promise<boolean> {
  return (await runCommand([...engine.command, "image", "inspect", image])).exitCode === 0;
}

/** Undefined when the base image is on this machine afterwards, else why not. */
async function fetchBase(
  recipe: ImageRecipe,
  hasBootstrap: boolean,
  context: BuildContext,
): Promise<string | undefined> {
  const { engine, progress, signal } = context;
  if (await hasImage(engine, recipe.baseImage)) return undefined;
  progress({ kind: "output", text: `asking the registry for ${recipe.baseImage}` });
  const pull = await runCommand([...engine.command, "pull", recipe.baseImage], {
    timeoutMs: hasBootstrap ? pullTimeoutMs : patientPullTimeoutMs,
    signal,
    onLine: (text) => progress({ kind: "output", text }),
  });
  if (pull.exitCode === 0) return undefined;
  return pull.exitCode === null ? "no answer in time" : lastLines(pull.stderr, 1);
}

async function buildFromRegistry(recipe: ImageRecipe, scratch: string, context: BuildContext): Promise<void> {
  const { engine, progress, signal } = context;
  await writeFile(join(scratch, "setup.sh"), installScript(recipe) + recipe.setupScript);
  await writeFile(join(scratch, "Containerfile"), containerfile(recipe));
  await runOrFail(
    [
      ...engine.command,
      "build",
      // The machine's own way to the archive, proxies on its loopback included.
      "--network=host",
      ...engine.ulimits.map((limit) => `--ulimit=${limit}`),
      `--tag=${recipe.tag}`,
      `--file=${join(scratch, "Containerfile")}`,
      scratch,
    ],
    { timeoutMs: buildTimeoutMs, signal, onLine: (text) => progress({ kind: "output", text }) },
  );
}

export function containerfile(recipe: ImageRecipe): string {
  return [
    `FROM ${recipe.baseImage}`,
    "COPY setup.sh /setup.sh",
    "RUN sh /setup.sh && rm /setup.sh",
    "STOPSIGNAL SIGRTMIN+3",
    'CMD ["/sbin/init"]',
    "",
  ].join("\n");
}

function installScript(recipe: ImageRecipe): string {
  const sources = recipe.sources && [
    "rm -f /etc/apt/sources.list.d/*",
    `cat >/etc/apt/sources.list <<'LAB_END'\n${recipe.sources.join("\n")}\nLAB_END`,
  ];
  return [
    "set -eu",
    "export DEBIAN_FRONTEND=noninteractive",
    ...(sources ?? []),
    "rm -f /etc/apt/apt.conf.d/docker-*",
    "apt-get -o Acquire::Check-Valid-Until=false update",
    `apt-get install -y --no-install-recommends ${recipe.packages.join(" ")}`,
    "apt-get clean",
    "",
  ].join("\n");
}

async function buildFromArchive(recipe: ImageRecipe, scratch: string, context: BuildContext): Promise<void> {
  const { engine, progress, signal } = context;
  const script = join(scratch, "setup.sh");
  const tar = join(scratch, "root.tar");
  await writeFile(script, recipe.setupScript);
  const options = { timeoutMs: buildTimeoutMs, signal, onLine: (text: string) => progress({ kind: "output", text }) };
  const argv = await bootstrapArgv(recipe, script, tar);
  const bootstrap = await runCommand(argv, options);
  if (bootstrap.exitCode !== 0) throw commandError(argv, { ...bootstrap, stderr: errorLines(bootstrap.stderr) });
  await runOrFail(
    [...engine.command, "import", '--change=CMD ["/sbin/init"]', "--change=STOPSIGNAL SIGRTMIN+3", tar, recipe.tag],
    options,
  );
}

/** The lines of apt and mmdebstrap that say what is wrong; all when none is marked. */
function errorLines(output: string): string {
  const marked = output.split("\n").filter((line) => /^\s*(E:|Err:|W:)/.test(line));
  return marked.length > 0 ? [...new Set(marked)].join("\n") : output;
}

const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

async function bootstrapArgv(recipe: ImageRecipe, script: string, tar: string): Promise<readonly string[]> {
  const hasKeyring = await access(debianKeyring).then(
    () => true,
    () => false,
  );
  return [
    "mmdebstrap",
    "--variant=minbase",
    "--format=tar",
    // A freshly installed host has package lists too.
    "--skip=cleanup/apt/lists",
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...(hasKeyring ? [`--keyring=${debianKeyring}`] : []),
    `--include=${recipe.packages.join(",")}`,
    `--customize-hook=upload ${script} /setup.sh`,
    '--customize-hook=chroot "$1" sh /setup.sh',
    '--customize-hook=rm "$1/setup.sh"',
    recipe.suite,
    tar,
    ...(recipe.sources ?? []),
  ];
}

function noBase(recipe: ImageRecipe, pullError: string): TsrunError {
  return new TsrunError({
    code: "E_LAB_BASE",
    message: `no registry has \`${recipe.baseImage}\` for this machine (${pullError}), and mmdebstrap is not installed`,
    hint: "apt-get install -y mmdebstrap uidmap",
  });
}

const networkFailure =
  /Temporary failure resolving|Could not resolve|Could not connect|Connection (refused|timed out)|Network is unreachable|no installation candidate|does not have a Release file/i;

function explain(thrown: unknown, recipe: ImageRecipe): TsrunError {
  if (thrown instanceof TsrunError && thrown.code === "E_LAB_BASE") return thrown;
  const message = messageOf(thrown);
  const mirror = recipe.sources?.[0]?.split(" ")[1] ?? "Debian's default mirror";
  if (networkFailure.test(message)) {
    return new TsrunError({
      code: "E_LAB_NETWORK",
      message: `cannot fetch Debian \`${recipe.suite}\` from \`${mirror}\`: ${message}`,
      hint: "name an archive that has the suite and that this machine reaches: tsrun lab up --mirror URL",
      cause: thrown,
    });
  }
  return new TsrunError({
    code: "E_LAB_BUILD",
    message: `cannot build image \`${recipe.name}\`: ${message}`,
    hint: thrown instanceof TsrunError ? thrown.hint : undefined,
    cause: thrown,
  });
}
