import { fnmatch } from "../lib/fnmatch.ts";
import { type Change, change, create, type Predicted, runCommand, type Unknown, unknown } from "../task/change.ts";
import type { Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import { sh } from "../task/sh.ts";
import { type AptCacheState, aptArchives, aptCache, aptSimulation, debFile } from "./apt.ts";
import { aptGet, aptUpdate, dpkgConfigure } from "./apt-command.ts";
import { type AptState, buildDepWords, debPath, readAptState, updatesLists, upgradeWords } from "./apt-observe.ts";
import type { AptRequest, PackageSpec } from "./apt-request.ts";
import { compareDebianVersions } from "./debian-version.ts";
import { downloadStep } from "./download.ts";
import { dpkgInterrupted, isInstalled, type PackageState, packageState } from "./package.ts";

/** Kinds of state that a package brings along or takes away. */
const packagedKinds = ["file", "file-content", "file-checksum", "group", "user", "unit"];

export interface AptContext {
  readonly isCheck: boolean;
  readonly applied: readonly Change[];
}

/** What apt has to do: first the repair of an interrupted dpkg and the package lists, and then, with new knowledge, the rest. */
export function planApt(request: AptRequest, observed: object, context: AptContext): Plan {
  refuseBadCombinations(request);
  const state = readAptState(request, observed);
  const preparation = [
    ...planRepair(request, state),
    ...planUpdate(request, state, context),
    ...planDownload(request, context),
  ];
  const isPartial = preparation.length > 0 && !context.isCheck;
  const warnings = state.interrupted
    ? ["an earlier run of dpkg was interrupted; it is finished with `dpkg --configure -a` first"]
    : [];
  if (isPartial) return { changes: preparation, isPartial, warnings };
  const { changes, warnings: more } = planRest(request, state, context);
  return { changes: [...preparation, ...changes], warnings: [...warnings, ...more] };
}

/** Whether the lists were fetched by this task, and when last; Ansible's `cache_updated` and `cache_update_time`. */
export function cacheResult(
  request: AptRequest,
  observed: object,
  changes: readonly Change[],
  isCheck: boolean,
): Readonly<Record<string, unknown>> {
  if (!updatesLists(request)) return { cache_updated: false };
  const { cache } = readAptState(request, observed);
  const previous = previousUpdate(changes);
  const isFetched = previous !== undefined && (isCheck || (cache !== undefined && cache.updatedAt !== previous));
  return {
    cache_updated: isFetched,
    ...(typeof cache?.updatedAt === "number" && { cache_update_time: cache.updatedAt }),
  };
}

function planRepair(request: AptRequest, state: AptState): readonly Change[] {
  if (!state.interrupted) return [];
  return [
    change(dpkgInterrupted(null), false as never, dpkgConfigure(request), { mayAlter: ["package", ...packagedKinds] }),
  ];
}

/** Fetching the lists alone is a change only when something came of it, which is known afterwards. */
function planUpdate(request: AptRequest, { cache }: AptState, { isCheck, applied }: AptContext): readonly Change[] {
  if (!updatesLists(request) || !cache || previousUpdate(applied) !== undefined) return [];
  if (cache.updatedAt + request.cache_valid_time >= cache.now) return [];
  const after: Partial<AptCacheState> = { previous: cache.updatedAt };
  const step = aptUpdate(request, request.update_cache_retries, request.update_cache_retry_max_delay);
  return [
    change(aptCache(null), after, step, {
      isEvent: true,
      isQuiet: !isCheck || !isOnlyUpdate(request),
      mayAlter: ["apt-policy", "available-packages"],
    }),
  ];
}

/** A package file behind a URL must be there before its name and version can be read. */
function planDownload({ deb }: AptRequest, { isCheck, applied }: AptContext): readonly Change[] {
  if (deb === undefined || !deb.includes("://") || isCheck) return [];
  const query = debFile(debPath(deb));
  if (applied.some((change) => change.query.id === query.id)) return [];
  return [
    change(query, {}, downloadStep({ url: deb, path: debPath(deb), timeout: 600 }), { isEvent: true, isQuiet: true }),
  ];
}

function previousUpdate(changes: readonly Change[]): number | undefined {
  const update = changes.find((change) => change.query.kind.name === "apt-cache");
  return (update?.after as AptCacheState | undefined)?.previous;
}

function isOnlyUpdate(request: AptRequest): boolean {
  return (request.name ?? []).length === 0 && request.deb === undefined && request.upgrade === "no";
}

interface Rest {
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
}

function planRest(request: AptRequest, state: AptState, context: AptContext): Rest {
  const previous = previousUpdate(context.applied);
  const isNews =
    previous !== undefined && state.cache !== undefined && state.cache.updatedAt !== previous && isOnlyUpdate(request);
  const changes: Change[] = [];
  if (isNews) changes.push(change(aptCache(null), {}, [], { isEvent: true }));
  if (request.clean && state.archives)
    changes.push(change(aptArchives(null), false as never, aptGet(request, ["clean"])));
  const upgrade = upgradeWords(request);
  if (upgrade)
    changes.push(
      ...planSimulated(request, state, upgrade, [
        ...commonOptions(request),
        request.autoremove && "--auto-remove",
        ...upgrade,
      ]),
    );
  if (request.deb !== undefined) changes.push(...planDeb(request, state, context));
  if ((request.name ?? []).length === 0) {
    if (request.autoremove && !upgrade)
      changes.push(...planSimulated(request, state, ["autoremove"], [request.purge && "--purge", "autoremove"]));
    if (request.autoclean) changes.push(...planSimulated(request, state, ["autoclean"], ["autoclean"]));
  }
  if (request.state === "fixed")
    changes.push(...planSimulated(request, state, ["-f", "install"], [...commonOptions(request), "-f", "install"]));
  if (request.state === "build-dep" && (request.name ?? []).length > 0) {
    const words = buildDepWords(request);
    changes.push(...planSimulated(request, state, words, [...commonOptions(request), ...words]));
  }
  if (request.state === "absent") return { changes: [...changes, ...planRemove(request, state)], warnings: [] };
  const install = planInstall(request, state, context);
  return { changes: [...changes, ...install.changes], warnings: install.warnings };
}

/** A command whose effect is known from its simulation: nothing to do when that does nothing. */
function planSimulated(
  request: AptRequest,
  state: AptState,
  simulated: readonly string[],
  words: readonly (string | false)[],
): readonly Change[] {
  const would = state.simulation(simulated);
  if (!would || would.installs.length + would.removes.length + would.deletes.length === 0) return [];
  const after = { installs: [], removes: [], deletes: [] };
  const lines = (verb: string, names: readonly string[]) => names.map((name) => `${verb} ${name}\n`).join("");
  const diff = {
    before: "",
    after: lines("install", would.installs) + lines("remove", would.removes) + lines("delete", would.deletes),
  };
  return [
    change(aptSimulation(simulated), after, aptGet(request, words), { diff, mayAlter: ["package", ...packagedKinds] }),
  ];
}

function planInstall(request: AptRequest, state: AptState, context: AptContext): Rest {
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
  const isBroken = wanted.some(
    (spec) => state.package(spec.name)?.flag === "reinstreq" || state.package(spec.name)?.status === "half-installed",
  );
  if (isBroken)
    warnings.push(`reinstalling ${wanted.map((spec) => spec.name).join(", ")}: an earlier installation was cut short`);
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
  // apt-get reinstalls nothing while a half-installed package lacks what it depends on.
  const repair = isBroken ? [aptGet(request, ["--fix-broken", "install"])] : [];
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

function planRemove(request: AptRequest, state: AptState): readonly Change[] {
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

/** apt-get resolves what the file depends on; Ansible's dpkg would not. */
function planDeb(request: AptRequest, state: AptState, { isCheck }: AptContext): readonly Change[] {
  const deb = request.deb as string;
  const path = debPath(deb);
  if (!state.deb) {
    if (isCheck) return [create(packageState(deb), unknown, [])];
    throw new TaskFailure(`Unable to install package: ${path} is no package file that can be read`);
  }
  const current = state.package(
    `${state.deb.name}:${state.deb.architecture === "all" ? "native" : state.deb.architecture}`,
  );
  if (current && isInstalled(current) && current.version === state.deb.version) return [];
  const query = packageState(
    `${state.deb.name}:${state.deb.architecture === "all" ? "native" : state.deb.architecture}`,
  );
  const after = {
    name: state.deb.name,
    version: state.deb.version,
    want: "install",
    flag: "ok",
    status: "installed",
    architecture: state.deb.architecture,
  };
  const step = aptGet(request, [...commonOptions(request), "install"], [path.startsWith("/") ? path : `./${path}`]);
  return [create(query, after, step, { mayAlter: packagedKinds })];
}

function releaseOption(request: AptRequest): readonly string[] {
  return request.default_release === undefined ? [] : ["-t", request.default_release];
}

function commonOptions(request: AptRequest): readonly (string | false)[] {
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

function refuseBadCombinations(request: AptRequest): void {
  const hasNames = (request.name ?? []).length > 0;
  const chosen = [
    hasNames && "package",
    request.deb !== undefined && "deb",
    request.upgrade !== "no" && "upgrade",
  ].filter(Boolean);
  if (chosen.length > 1) throw new TaskFailure(`parameters are mutually exclusive: ${chosen.join("|")}`);
  if (
    chosen.length === 0 &&
    !request.autoremove &&
    !request.autoclean &&
    !request.clean &&
    request.update_cache === undefined &&
    request.cache_valid_time === 0 &&
    request.state !== "fixed"
  ) {
    if (request.name === undefined)
      throw new TaskFailure("one of the following is required: autoremove, deb, package, update_cache, upgrade");
  }
  if (request.deb !== undefined && request.state !== "present")
    throw new TaskFailure("deb only supports state=present");
  const isAll = request.name?.some((name) => name.trim() === "*");
  if (isAll && request.state === "latest" && (request.name ?? []).length > 1)
    throw new TaskFailure("unable to install additional packages when upgrading all installed packages");
}
