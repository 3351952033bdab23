import { fnmatch } from "../lib/fnmatch.ts";
import { type Change, change, create, type Predicted, runCommand, type Unknown, unknown } from "../task/change.ts";
import { TaskFailure } from "../task/failure.ts";
import { sh } from "../task/sh.ts";
import { aptGet, dpkgConfigure } from "./apt-command.ts";
import type { AptState } from "./apt-observe.ts";
import type { AptRequest, PackageSpec } from "./apt-request.ts";
import { compareDebianVersions } from "../state/debian-version.ts";
import { isInstalled, type PackageState, packageState } from "../state/package.ts";

/** Kinds of state that a package brings along or takes away. */
export const packagedKinds = ["file", "file-content", "file-checksum", "group", "user", "unit", "program"];

/** How far a task has come. */
export interface AptContext {
  readonly isCheck: boolean;
  readonly applied: readonly Change[];
}

/** Changes of packages, and what to say about them. */
export interface PackageChanges {
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
}

/** Installs in one transaction what is missing, too old, or only half there. Fails for what apt cannot install. */
export function planInstall(request: AptRequest, state: AptState, context: AptContext): PackageChanges {
  const warnings: string[] = [];
  const wanted = state.specs.filter((spec) => needsInstall(request, state, spec, context, warnings));
  const automatic = state.specs.filter(
    (spec) => !wanted.includes(spec) && isInstalled(state.package(spec.name)) && state.package(spec.name)?.isAuto,
  );
  const manual = automatic.map((spec) => change(packageState(spec.name), { isAuto: false }, [], { isQuiet: true }));
  const marks =
    automatic.length > 0
      ? [
          {
            ...(manual[0] as Change),
            steps: [runCommand(sh`apt-mark manual -- ${automatic.map((spec) => spec.name)}`)],
          },
          ...manual.slice(1),
        ]
      : [];
  if (wanted.length === 0) return { changes: marks, warnings };
  const current = (spec: PackageSpec): PackageState | undefined => state.package(spec.name);
  const isBroken = wanted.some(
    (spec) => current(spec)?.flag === "reinstreq" || current(spec)?.status === "half-installed",
  );
  const unfinished = wanted.filter((spec) => /^(unpacked|half-|triggers-)/.test(current(spec)?.status ?? ""));
  if (isBroken || unfinished.length > 0) {
    const names = (isBroken ? wanted : unfinished).map((spec) => spec.name).join(", ");
    warnings.push(`${isBroken ? "reinstalling" : "finishing"} ${names}: an earlier installation was cut short`);
  }
  const step = aptGet(
    request,
    [
      ...commonOptions(request),
      isBroken && "--reinstall",
      request.only_upgrade && "--only-upgrade",
      request.autoremove && "--auto-remove",
      ...releaseOption(request),
      "install",
    ],
    wanted.map((spec) => operandOf(state, spec)),
  );
  // apt-get reinstalls nothing while a half-installed package lacks what it depends on, and leaves pending triggers alone.
  const repair = isBroken
    ? [aptGet(request, ["--fix-broken", "install"])]
    : unfinished.length > 0
      ? [dpkgConfigure(request)]
      : [];
  const changes = wanted.map((spec, index) => {
    const current = state.package(spec.name);
    const candidate = state.policy(spec.name)?.candidate;
    const version: string | Unknown =
      spec.version !== undefined && !spec.version.includes("*") && spec.comparison === "="
        ? spec.version
        : (candidate ?? unknown);
    const installed = { want: "install", flag: "ok", status: "installed", isAuto: false };
    const after: Predicted<PackageState> = {
      name: spec.name,
      version,
      architecture: current?.architecture ?? unknown,
      ...installed,
    };
    const shown = typeof version === "string" ? version : (spec.version ?? "newest");
    const diff = {
      before: current && isInstalled(current) ? `${spec.name} ${current.version}\n` : "",
      after: `${spec.name} ${shown}\n`,
    };
    const options = { diff, mayAlter: packagedKinds };
    const steps = index === 0 ? [...repair, step] : [];
    return current
      ? change(packageState(spec.name), after, steps, options)
      : create(packageState(spec.name), after, steps, options);
  });
  return { changes: [...changes, ...marks], warnings };
}

/** Fails for a package that apt cannot install, before anything is done. */
function needsInstall(
  request: AptRequest,
  state: AptState,
  spec: PackageSpec,
  { isCheck }: AptContext,
  warnings: string[],
): boolean {
  const current = state.package(spec.name);
  const policy = state.policy(spec.name);
  if (!isInstalled(current)) {
    if (request.only_upgrade) return false;
    if (current === undefined && state.providers(spec.name).length > 0) return false;
    if (current === undefined && policy === undefined) {
      // A source that an earlier task would have added may have it.
      if (!isCheck) throw new TaskFailure(`No package matching '${spec.name}' is available`);
      warnings.push(`no package matching '${spec.name}' is available with the package lists as they are now`);
    }
    if (
      spec.comparison === "=" &&
      policy &&
      !policy.versions.some(({ version }) => fnmatch(version, spec.version as string))
    ) {
      throw new TaskFailure(`no available installation candidate for ${spec.text}`, {
        versions: policy.versions.map(({ version }) => version),
      });
    }
    if (spec.comparison === ">=" && policy?.candidate !== undefined) requireCandidate(spec, policy.candidate);
    return true;
  }
  const version = current?.version ?? "";
  if (spec.comparison === "=") return !fnmatch(version, spec.version as string);
  if (spec.comparison === ">=" && compareDebianVersions(version, spec.version as string) < 0) {
    requireCandidate(spec, policy?.candidate);
    return true;
  }
  if (spec.release !== undefined && policy) {
    const offered = policy.versions.filter(({ sources }) =>
      sources.some((source) => source.includes(`${spec.release}/`)),
    );
    return offered.length > 0 && !offered.some((entry) => entry.version === version);
  }
  return request.state === "latest" && policy?.candidate !== undefined && policy.candidate !== version;
}

function requireCandidate(spec: PackageSpec, candidate: string | undefined): void {
  if (candidate !== undefined && compareDebianVersions(candidate, spec.version as string) >= 0) return;
  throw new TaskFailure(
    `no available installation candidate for ${spec.text}${candidate === undefined ? "" : `: the newest is ${candidate}`}`,
  );
}

/** apt-get knows no `>=`, and its candidate is new enough. */
function operandOf(state: AptState, spec: PackageSpec): string {
  if (spec.comparison !== ">=") return spec.text;
  const candidate = state.policy(spec.name)?.candidate;
  return candidate === undefined ? spec.name : `${spec.name}=${candidate}`;
}

/** Removes in one transaction what is there. */
export function planRemove(request: AptRequest, state: AptState): readonly Change[] {
  const present = state.specs.filter((spec) => {
    const current = state.package(spec.name);
    if (!current) return false;
    if (spec.comparison === "=" && !fnmatch(current.version, spec.version as string)) return false;
    return current.status === "config-files" ? request.purge : true;
  });
  if (present.length === 0) return [];
  const words = [
    "-q",
    request.purge && "--purge",
    request.autoremove && "--auto-remove",
    request.allow_change_held_packages && "--allow-change-held-packages",
    // dpkg refuses to remove what was never wholly unpacked.
    present.some((spec) => state.package(spec.name)?.flag === "reinstreq") &&
      "-oDpkg::Options::=--force-remove-reinstreq",
    "remove",
  ];
  const step = aptGet(
    request,
    words,
    present.map((spec) => spec.name),
  );
  return present.map((spec, index) => {
    const current = state.package(spec.name);
    const diff = { before: `${spec.name} ${current?.version}\n`, after: "" };
    const options = { diff, mayAlter: packagedKinds };
    const after = request.purge
      ? { status: "not-installed", want: "purge" }
      : { status: "config-files", want: "deinstall" };
    return { ...change(packageState(spec.name), after, index === 0 ? step : [], options), action: "remove" as const };
  });
}

function releaseOption(request: AptRequest): readonly string[] {
  return request.default_release === undefined ? [] : ["-t", request.default_release];
}

/** Options of apt-get that the task's arguments stand for. */
export function commonOptions(request: AptRequest): readonly (string | false)[] {
  const { install_recommends: recommends, force } = request;
  return [
    recommends !== undefined && `-oAPT::Install-Recommends=${recommends ? "yes" : "no"}`,
    (request.allow_unauthenticated || force) && "--allow-unauthenticated",
    (request.allow_downgrade || force) && "--allow-downgrades",
    (request.allow_change_held_packages || force) && "--allow-change-held-packages",
    force && "--allow-remove-essential",
    request.fail_on_autoremove && "--no-remove",
  ];
}
