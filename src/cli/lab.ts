import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { EngineName } from "../lab/engine.ts";
import { defaultImage } from "../lab/image-recipe.ts";
import type { Lab } from "../lab/lab.ts";
import { labDown } from "../lab/lab-down.ts";
import type { LabProgress } from "../lab/lab-progress.ts";
import { labReset } from "../lab/lab-reset.ts";
import { labSsh } from "../lab/lab-ssh.ts";
import { labStatus } from "../lab/lab-status.ts";
import { labUp } from "../lab/lab-up.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Arguments, CliContext, CommandBody } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { usage } from "./expand-arguments.ts";
import { watchInterrupts } from "./interrupts.ts";
import { createStepProgress } from "./step-progress.ts";
import { tableText } from "../report/table.ts";

type Action = (args: Arguments, context: CliContext) => Promise<number>;

const ACTIONS: Readonly<Record<string, Action>> = { up, status, ssh, reset, down };

/** `tsrun lab ACTION` */
export const labCommand: CommandBody = {
  usage: "up | status | ssh HOST [COMMAND...] | reset [HOST...] | down  [options]",
  positionals: { what: "an action: up, status, ssh, reset or down", min: 1, max: Number.POSITIVE_INFINITY },
  isRestLiteral: ([action, host]) => action === "ssh" && host !== undefined,
  groups: [
    {
      title: "Lab",
      options: [
        { name: "name", type: "value", metavar: "NAME", summary: "One of several labs of this directory" },
        { name: "hosts", type: "value", metavar: "N|NAMES", summary: "up: how many hosts, or their names `a,b`" },
        {
          name: "image",
          type: "value",
          metavar: "IMAGE",
          summary: `up: debian-12 or debian-11; ${defaultImage} by default`,
        },
        { name: "with-python", type: "flag", summary: "up: hosts with Python, so that Ansible can run on them too" },
        { name: "mirror", type: "value", metavar: "URL", summary: "up: Debian archive, if not this machine's own" },
        {
          name: "engine",
          type: "value",
          metavar: "ENGINE",
          choices: ["podman", "docker"],
          summary: "What runs the containers",
        },
        { name: "images", type: "flag", summary: "down: remove the cached images too" },
        { name: "user", short: "u", type: "value", metavar: "NAME", summary: "ssh: admin by default; root works too" },
      ],
    },
  ],
  examples: [
    ["tsrun lab up --hosts 4", "Four hosts with systemd, sshd and sudo"],
    ["tsrun lab ssh node1 systemctl --failed", "A command on one of them"],
    ["tsrun lab reset", "Clean hosts again, in seconds"],
    ["tsrun lab down", "Nothing stays but the cached image"],
  ],
  run: (args, context) => {
    const [name = ""] = args.positionals;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action) return action(args, context);
    const names = Object.keys(ACTIONS);
    throw usage(`unknown action \`lab ${name}\``, didYouMean(name, names) ?? `actions: ${names.join(", ")}`);
  },
};

async function up(args: Arguments, context: CliContext): Promise<number> {
  noMoreThan(args, 1);
  const lab = await withProgress(context, (progress, signal) =>
    labUp(
      {
        ...choice(args, context),
        hosts: wantedHosts(args.value("hosts")),
        image: args.value("image"),
        python: args.has("with-python") || undefined,
        mirror: args.value("mirror"),
        signal,
      },
      progress,
    ),
  );
  context.stdout.write(labText(lab));
  return EXIT.ok;
}

async function reset(args: Arguments, context: CliContext): Promise<number> {
  const hosts = args.positionals.slice(1);
  const lab = await withProgress(context, (progress, signal) =>
    labReset({ ...choice(args, context), hosts: hosts.length > 0 ? hosts : undefined, signal }, progress),
  );
  context.stdout.write(labText(lab));
  return EXIT.ok;
}

async function down(args: Arguments, context: CliContext): Promise<number> {
  noMoreThan(args, 1);
  await withProgress(context, (progress, signal) =>
    labDown({ ...choice(args, context), images: args.has("images"), signal }, progress),
  );
  return EXIT.ok;
}

async function status(args: Arguments, context: CliContext): Promise<number> {
  noMoreThan(args, 1);
  const hosts = await labStatus(choice(args, context));
  if (hosts.length === 0) context.stdout.write("no lab is up here: tsrun lab up\n");
  else {
    const rows = hosts.map(({ host, address, image, state, systemd }) => [host, address, image, state, systemd ?? "-"]);
    context.stdout.write(tableText(["HOST", "ADDRESS", "IMAGE", "STATE", "SYSTEMD"], rows));
  }
  return EXIT.ok;
}

/** Hands the terminal to the system's ssh; its exit code is ours, as with ssh itself. */
async function ssh(args: Arguments, context: CliContext): Promise<number> {
  const [, host, ...command] = args.positionals;
  if (host === undefined) throw usage("expected a host: `tsrun lab ssh HOST`", "tsrun lab status lists the hosts");
  const [program = "ssh", ...rest] = await labSsh(
    { ...choice(args, context), user: args.value("user") },
    host,
    command,
  );
  const child = spawn(program, rest, { stdio: "inherit" });
  // Ctrl-C is for the remote side: the terminal sends it to ssh as well.
  const ignore = (): void => {};
  process.on("SIGINT", ignore);
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    process.off("SIGINT", ignore);
  }
}

function choice(
  args: Arguments,
  { cwd }: CliContext,
): { checkout: string; name?: string | undefined; engine?: EngineName | undefined } {
  return { checkout: cwd, name: args.value("name"), engine: args.value("engine") as EngineName | undefined };
}

function wantedHosts(value: string | undefined): number | readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  return value.split(",").filter(Boolean);
}

function noMoreThan(args: Arguments, max: number): void {
  const extra = args.positionals[max];
  if (extra !== undefined) throw usage(`unexpected argument \`${extra}\` for \`tsrun lab ${args.positionals[0]}\``);
}

async function withProgress<T>(
  { stderr }: CliContext,
  work: (progress: LabProgress, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const progress = createStepProgress(stderr);
  const interrupts = watchInterrupts(() => progress.step("interrupted: leaving"));
  try {
    return await work((event) => {
      if (event.kind === "step") progress.step(event.text);
      else progress.detail(event.kind === "output" ? event.text : `${event.host}: ${event.state}`);
    }, interrupts.signal);
  } finally {
    progress.close();
    interrupts.dispose();
  }
}

function labText(lab: Lab): string {
  const rows = lab.hosts.map(({ name, address }) => [name, address]);
  return `${tableText(["HOST", "ADDRESS"], rows)}inventory: ${lab.inventoryPath}\n`;
}
