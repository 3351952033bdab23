import { type Change, change, create, unknown } from "../task/change.ts";
import type { Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import { type AptCacheState, aptArchives, aptCache, aptSimulation, debFile } from "../state/apt.ts";
import { aptGet, aptUpdate, dpkgConfigure } from "./apt-command.ts";
import { type AptState, buildDepWords, debPath, readAptState, updatesLists, upgradeWords } from "./apt-observe.ts";
import {
  type AptContext,
  commonOptions,
  type PackageChanges,
  packagedKinds,
  planInstall,
  planRemove,
} from "./apt-packages.ts";
import type { AptRequest } from "./apt-request.ts";
import { downloadStep } from "./download.ts";
import { dpkgInterrupted, isInstalled, packageState } from "../state/package.ts";

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
  return [change(dpkgInterrupted(null), false, dpkgConfigure(request), { mayAlter: ["package", ...packagedKinds] })];
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

function planRest(request: AptRequest, state: AptState, context: AptContext): PackageChanges {
  const previous = previousUpdate(context.applied);
  const isNews =
    previous !== undefined && state.cache !== undefined && state.cache.updatedAt !== previous && isOnlyUpdate(request);
  const changes: Change[] = [];
  if (isNews) changes.push(change(aptCache(null), {}, [], { isEvent: true }));
  if (request.clean && state.archives) changes.push(change(aptArchives(null), false, aptGet(request, ["clean"])));
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
