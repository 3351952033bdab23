import { type Change, change, create, remove, runCommand, unknown } from "../task/change.ts";
import type { Known, Plan, ResultContext } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";
import {
  type Manager,
  managedPackage,
  type ManagedPackageState,
  packageSimulation,
  type SimulationOutcome,
} from "../state/managed-package.ts";
import { doneByDnf, plannedByDnf } from "../state/dnf-transaction.ts";
import { program } from "../state/program.ts";
import { packagedKinds } from "./apt-packages.ts";
import { requireProgram } from "./require-program.ts";

type Verb = "install" | "upgrade" | "remove";

/** What a task wants of a package manager other than apt. */
export interface ManagedRequest {
  readonly manager: Manager;
  readonly names: readonly string[];
  readonly state: "present" | "absent" | "latest";
  /** Options before the verb, and behind it for each verb. */
  readonly options: readonly string[];
  readonly verbOptions?: Partial<Readonly<Record<Verb, readonly string[]>>>;
  /** Fetch the lists first. */
  readonly refresh?: readonly string[] | undefined;
  /** That the lists were fetched is a change for the recap. */
  readonly isRefreshChange?: boolean;
  /** Install nothing that is not there. */
  readonly isUpgradeOnly?: boolean;
  /** Upgrade everything, by this verb (`dist-upgrade`). */
  readonly upgradesAll?: string | undefined;
  /** Directory of another system that the packages belong to. */
  readonly root?: string | undefined;
  /** Packages are only fetched, and each time. */
  readonly isDownload?: boolean;
}

interface Observed {
  readonly [name: string]: ManagedPackageState | SimulationOutcome | string | undefined;
}

/** The queries: what is installed under plain names; what the manager would do about the rest of them, and about all other names. */
export function observeManaged(request: ManagedRequest, known: Known): Readonly<Record<string, Query<unknown>>> {
  const { manager, names, root } = request;
  const query = (name: string) => managedPackage({ manager, name, root });
  // Which names are there is known in the second round; the program's own answer tells it from the first.
  const isReady = known(program(manager)) !== undefined;
  const stateOf = (name: string) => known(query(name));
  const simulations = isReady ? commandsOf(request, stateOf).filter((one) => canTell(one, stateOf)) : [];
  return {
    manager: program(manager),
    ...Object.fromEntries(names.filter(isPlain).map((name) => [`package ${name}`, query(name)])),
    ...Object.fromEntries(
      simulations.map((one) => {
        const words = commandLine(request, one, true);
        return [words.join(" "), packageSimulation({ manager, words })];
      }),
    ),
  };
}

/** The changes; empty when everything is as wanted. */
export function planManaged(
  request: ManagedRequest,
  observed: object,
  context: { readonly isCheck: boolean; readonly applied: readonly Change[] },
): Plan {
  const state = observed as Observed;
  const { manager, names } = request;
  requireProgram(state["manager"] as string | undefined, manager);
  const refreshed = request.refresh && packageSimulation({ manager, words: request.refresh });
  if (refreshed && !context.applied.some(({ query }) => query.id === refreshed.id)) {
    const isQuiet = request.isRefreshChange !== true;
    const fetch = change(refreshed, { alters: false }, step(sh`${request.refresh}`), { isEvent: true, isQuiet });
    if (!context.isCheck) return { changes: [fetch], isPartial: true };
    if (names.length === 0) return { changes: [fetch] };
  }
  const stateOf = (name: string) => state[`package ${name}`] as ManagedPackageState | undefined;
  return {
    changes: commandsOf(request, stateOf).flatMap((command) => {
      const words = commandLine(request, command, true);
      const outcome = canTell(command, stateOf) ? (state[words.join(" ")] as SimulationOutcome | undefined) : undefined;
      if (outcome?.complaint !== undefined)
        throw new TaskFailure(outcome.complaint, {
          rc: outcome.rc ?? 1,
          results: [],
          failures: outcome.complaint.split("\n"),
        });
      if (outcome?.alters === false) return [];
      return request.isDownload ? [fetching(request, command, words)] : changesOf(request, command, words);
    }),
  };
}

function fetching(request: ManagedRequest, command: ManagerCommand, words: readonly string[]): Change {
  const real = commandLine(request, command, false);
  return change(packageSimulation({ manager: request.manager, words }), {}, step(sh`${real}`), {
    isEvent: true,
    mayAlter: ["file"],
    diff: { before: "", after: `${real.join(" ")}\n` },
  });
}

/** What one command of the manager alters: the packages that were named, or what only the manager can tell. */
function changesOf(request: ManagedRequest, command: ManagerCommand, words: readonly string[]): readonly Change[] {
  const { manager, root } = request;
  const plain = command.verb === "upgrade" ? [] : command.names.filter(isPlain);
  const real = step(sh`${commandLine(request, command, false)}`);
  const isOpen = plain.length < command.names.length || command.names.length === 0;
  return [
    ...plain.map((name, index) => {
      const query = managedPackage({ manager, name, root });
      const options = { mayAlter: packagedKinds };
      const steps = index === 0 ? real : [];
      return command.verb === "remove"
        ? remove(query, steps, { ...options, diff: { before: `${name}\n`, after: "" } })
        : create(query, { version: unknown }, steps, { ...options, diff: { before: "", after: `${name}\n` } });
    }),
    ...(isOpen
      ? [
          change(packageSimulation({ manager, words }), { alters: false }, plain.length === 0 ? real : [], {
            diff: { before: "", after: `${commandLine(request, command, false).join(" ")}\n` },
            mayAlter: ["managed-package", ...packagedKinds],
          }),
        ]
      : []),
  ];
}

interface ManagerCommand {
  readonly verb: Verb;
  readonly names: readonly string[];
}

/** The manager cannot tell what would come of packages that an earlier task only predicts. */
function canTell({ verb, names }: ManagerCommand, stateOf: (name: string) => ManagedPackageState | undefined): boolean {
  return verb !== "remove" || names.every((name) => !isPlain(name) || typeof stateOf(name)?.version === "string");
}

/** The commands that may be due. */
function commandsOf(
  { names, state, upgradesAll, isUpgradeOnly }: ManagedRequest,
  stateOf: (name: string) => ManagedPackageState | undefined,
): readonly ManagerCommand[] {
  if (upgradesAll !== undefined) return [{ verb: "upgrade", names: [] }];
  const isThere = (name: string) => stateOf(name) !== undefined;
  const isReal = (name: string) => typeof stateOf(name)?.version === "string";
  if (state === "absent") {
    const there = names.filter((name) => !isPlain(name) || isThere(name));
    return there.length === 0 ? [] : [{ verb: "remove", names: there }];
  }
  const missing = isUpgradeOnly ? [] : names.filter((name) => !isPlain(name) || !isThere(name));
  const outdated = state === "latest" ? names.filter((name) => isPlain(name) && isReal(name)) : [];
  return [
    ...(missing.length === 0 ? [] : [{ verb: "install", names: missing } as const]),
    ...(outdated.length === 0 ? [] : [{ verb: "upgrade", names: outdated } as const]),
  ];
}

/** Fields of a result, named as in Ansible. `isDownload`: packages were only fetched. */
export function managedResult(
  { before, changes, outputs }: Pick<ResultContext<unknown, unknown>, "before" | "changes" | "outputs">,
  isDownload = false,
) {
  const done = changes.filter(({ isQuiet }) => !isQuiet);
  const word = { create: "Installed", remove: "Removed", change: "Changed" };
  const told = outputs.flatMap(({ stdout }) => (isDownload ? plannedByDnf(stdout) : doneByDnf(stdout)));
  const planned = Object.values(before as Observed).flatMap((answer) =>
    typeof answer === "object" && "planned" in answer ? (answer.planned ?? []) : [],
  );
  const own = done.map(({ action, diff }) => {
    const text = diff !== undefined && "before" in diff ? diff.before || diff.after : "";
    return `${word[action]}: ${text.trim()}`;
  });
  const results = done.length === 0 ? [] : (told.length > 0 ? told : planned.length > 0 ? planned : own).toSorted();
  return {
    rc: 0,
    results: isDownload ? results.map((line) => line.replace(/^Installed/, "Downloaded")) : results,
    ...(outputs.length > 0 && {
      stdout: outputs.map(({ stdout }) => stdout).join(""),
      stderr: outputs.map(({ stderr }) => stderr).join(""),
    }),
  };
}

/** The manager's command line. */
function commandLine(
  request: ManagedRequest,
  { verb, names }: ManagerCommand,
  isSimulation: boolean,
): readonly string[] {
  const { manager, options, upgradesAll } = request;
  const more = request.verbOptions?.[verb] ?? [];
  const tail = [...more, ...(names.length > 0 && manager !== "apk" ? ["--"] : []), ...names];
  switch (manager) {
    case "dnf":
    case "yum":
      return [manager, isSimulation ? "--assumeno" : "-y", ...options, upgradesAll ?? verb, ...more, ...names];
    case "zypper": {
      const word = upgradesAll ?? { install: "install", upgrade: "update", remove: "remove" }[verb];
      return ["zypper", "--non-interactive", ...options, word, ...(isSimulation ? ["--dry-run"] : []), ...tail];
    }
    case "pacman": {
      const word = { install: "-S", upgrade: names.length === 0 ? "-Su" : "-S", remove: "-R" }[verb];
      const needed = verb === "remove" ? [] : ["--needed"];
      const way = isSimulation ? ["--print", "--print-format", "%n %v"] : ["--noconfirm", "--noprogressbar"];
      return ["pacman", word, ...needed, ...way, ...options, ...tail];
    }
    case "apk": {
      const words = {
        install: ["add"],
        upgrade: names.length === 0 ? ["upgrade"] : ["add", "--upgrade"],
        remove: ["del", "--purge"],
      }[verb];
      return ["apk", ...options, ...words, ...(isSimulation ? ["--simulate"] : []), ...tail];
    }
  }
}

/** A name that says all: no version, no pattern, no file, no group. */
function isPlain(name: string): boolean {
  return /^[A-Za-z0-9][\w.+-]*$/.test(name) && !/\.(rpm|apk)$|\.pkg\.tar/.test(name);
}

/** Never killed half-way; the words of the manager in English. */
function step(script: Sh) {
  return runCommand(shLines([sh`export LC_ALL=C`, script]), { protect: true });
}
