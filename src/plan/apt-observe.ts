import { isPattern } from "../lib/fnmatch.ts";
import type { Known, Queries } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import {
  type AptCacheState,
  aptArchives,
  aptCache,
  aptPolicy,
  aptSimulation,
  availablePackages,
  debFile,
  installedProviders,
  type PolicyState,
  type SimulationState,
} from "../state/apt.ts";
import { type AptRequest, type PackageSpec, parseSpec } from "./apt-request.ts";
import { dpkgInterrupted, matchingPackages, type PackageState, packageState } from "../state/package.ts";

/** What is known of the host, for planning. Undefined: not asked, or nothing there. */
export interface AptState {
  readonly interrupted: boolean;
  readonly cache: AptCacheState | undefined;
  readonly archives: boolean | undefined;
  package(name: string): PackageState | undefined;
  policy(name: string): PolicyState | undefined;
  providers(name: string): readonly string[];
  simulation(words: readonly string[]): SimulationState | undefined;
  /** The packages of `name`, patterns replaced by what they match. */
  readonly specs: readonly PackageSpec[];
  readonly deb: { readonly name: string; readonly version: string; readonly architecture: string } | undefined;
}

/** The queries of a request: in the first round what an unchanged host needs, later what only a change needs. */
export function observeApt(request: AptRequest, known: Known): Queries {
  // Known from the first round on, so it tells "not there" from "not asked".
  const isAsked = known(dpkgInterrupted(null)) !== undefined;
  const queries: Record<string, Query<unknown>> = { interrupted: dpkgInterrupted(null) };
  const ask = <T>(query: Query<T>): T | undefined => {
    queries[query.id] = query;
    return known(query);
  };
  if (updatesLists(request)) ask(aptCache(null));
  if (request.clean) ask(aptArchives(null));
  for (const words of simulationsOf(request)) ask(aptSimulation(words));
  if (request.deb !== undefined) {
    const stated = ask(debFile(debPath(request.deb)));
    if (stated) ask(packageState(`${stated.name}:${stated.architecture === "all" ? "native" : stated.architecture}`));
  }
  const names = (request.name ?? []).filter((name) => name.trim() !== "*");
  for (const text of names) if (isGlob(text)) ask(globQuery(request, text));
  for (const spec of specsOf(request, known)) {
    const installed = ask(packageState(spec.name));
    const needsPolicy = request.state === "latest" || spec.comparison === ">=" || spec.release !== undefined;
    const isMissing = isAsked && installed === undefined && request.state !== "absent" && request.state !== "build-dep";
    if (!needsPolicy && !isMissing) continue;
    const policy = ask(policyQuery(request, spec.name));
    if (policy && policy.versions.length === 0 && isMissing) ask(installedProviders(spec.name));
  }
  return queries;
}

/** The answers, by what they are about. */
export function readAptState(request: AptRequest, observed: object): AptState {
  const answers = observed as Readonly<Record<string, unknown>>;
  const answer = <T>(query: Query<T>): T | undefined => answers[query.id] as T | undefined;
  return {
    interrupted: answers["interrupted"] === true,
    cache: answer(aptCache(null)),
    archives: answer(aptArchives(null)),
    package: (name) => answer(packageState(name)),
    policy: (name) => answer(policyQuery(request, name)),
    providers: (name) => answer(installedProviders(name)) ?? [],
    simulation: (words) => answer(aptSimulation(words)),
    specs: specsOf(request, answer),
    deb: request.deb === undefined ? undefined : answer(debFile(debPath(request.deb))),
  };
}

/** True when the lists are to be fetched if they are too old. */
export function updatesLists(request: AptRequest): boolean {
  return request.update_cache === true || (request.update_cache !== false && request.cache_valid_time > 0);
}

export function upgradeWords(request: AptRequest): readonly string[] | undefined {
  const all = request.name?.some((name) => name.trim() === "*") && request.state === "latest";
  if (request.upgrade === "no" && !all) return undefined;
  const release = request.default_release === undefined ? [] : ["-t", request.default_release];
  return request.upgrade === "full" || request.upgrade === "dist"
    ? [...release, "dist-upgrade"]
    : [...release, "--with-new-pkgs", "upgrade"];
}

export function buildDepWords(request: AptRequest): readonly string[] {
  return ["build-dep", "--", ...(request.name ?? [])];
}

/** A package file that is downloaded lies in apt's own cache, which only root may write. */
export function debPath(deb: string): string {
  if (!deb.includes("://")) return deb;
  const name = deb.replace(/[?#].*$/, "").replace(/^.*\//, "");
  return `/var/cache/apt/archives/tsrun-${hashOf(deb)}-${name.replace(/[^\w.+~-]/g, "_")}`;
}

function simulationsOf(request: AptRequest): readonly (readonly string[])[] {
  const upgrade = upgradeWords(request);
  const hasNames = (request.name ?? []).length > 0;
  return [
    ...(upgrade ? [upgrade] : []),
    ...(request.autoremove && !hasNames ? [["autoremove"]] : []),
    ...(request.autoclean && !hasNames ? [["autoclean"]] : []),
    ...(request.state === "build-dep" && hasNames ? [buildDepWords(request)] : []),
    ...(request.state === "fixed" ? [["-f", "install"]] : []),
  ];
}

function specsOf(request: AptRequest, known: Known): readonly PackageSpec[] {
  if (request.state === "build-dep") return [];
  const seen = new Map<string, PackageSpec>();
  for (const text of request.name ?? []) {
    if (text.trim() === "*" || text.trim() === "") continue;
    const expanded = isGlob(text) ? expand(request, text, known) : [text];
    for (const name of expanded) seen.set(name, parseSpec(name));
  }
  return [...seen.values()];
}

function expand(request: AptRequest, text: string, known: Known): readonly string[] {
  const matches = known(globQuery(request, text));
  if (matches === undefined) return [];
  const names = matches.map((match) => (typeof match === "string" ? match : match.name));
  if (names.length === 0 && request.state !== "absent")
    throw new TaskFailure(`No package(s) matching '${text}' available`);
  return names.map((name) => `${name}${text.slice(globName(text).length)}`);
}

function globQuery(request: AptRequest, text: string): Query<readonly (string | PackageState)[]> {
  return request.state === "absent" ? matchingPackages(globName(text)) : availablePackages(globName(text));
}

/** `php8*=8.2*` is a pattern by its name; `php=8.2*` is not. */
function isGlob(text: string): boolean {
  return isPattern(globName(text));
}

function globName(text: string): string {
  return text.replace(/[=>/].*$/s, "");
}

function policyQuery(request: AptRequest, name: string): Query<PolicyState | undefined> {
  return aptPolicy({ name, ...(request.default_release !== undefined && { release: request.default_release }) });
}

/** Tells URLs apart in file names (FNV-1a); not for secrecy. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
