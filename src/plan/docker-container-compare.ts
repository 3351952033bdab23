import { isDeepStrictEqual } from "node:util";
import type { DockerObject } from "../state/docker.ts";
import { TaskFailure } from "../task/failure.ts";
import { didYouMean } from "../lib/suggest.ts";
import { type DockerContainerArgs, dockerContainerArgs } from "./docker-container-args.ts";
import { type Comparable, imageConfig, type Setting } from "./docker-setting.ts";

export type Comparison = "strict" | "ignore" | "allow_more_present";

/** What differs: Ansible's name, what is and what is wanted. */
export interface DockerDifference {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly isUpdatable?: boolean;
}

/** Options that are no state of a container, so that they cannot be compared. */
const stateless = new Set(
  [
    "name state command_handling default_host_ip networks_cli_compatible purge_networks restart recreate pull",
    "image_comparison image_name_mismatch image_label_mismatch ignore_image comparisons container_default_behavior",
    "cleanup output_logs keep_volumes force_kill forcekill kill_signal removal_wait_timeout healthy_wait_timeout paused env_file",
    "docker_host tls validate_certs ca_cert client_cert client_key tls_hostname ssl_version api_version timeout use_ssh_client debug",
  ].flatMap((line) => line.split(" ")),
);

const otherNames: Readonly<Record<string, string>> = {
  ports: "published_ports",
  exposed: "exposed_ports",
  expose: "exposed_ports",
  log_opt: "log_options",
};

/** How an option is compared, by the arguments and by its kind. */
export function comparisonOf(args: DockerContainerArgs, option: string, kind: Comparable): Comparison {
  const name = option === "volume_binds" ? "volumes" : option;
  const own = Object.entries(args.comparisons ?? {}).find(([key]) => (otherNames[key] ?? key) === name)?.[1];
  if (own !== undefined) return own;
  if (name === "networks" && args.networks === undefined) return args.purge_networks ? "strict" : "allow_more_present";
  const all = args.comparisons?.["*"];
  if (all !== undefined) return all;
  if (name === "image" && args.ignore_image) return "ignore";
  if (name === "networks" && args.purge_networks) return "strict";
  if (name === "stop_timeout") return "ignore";
  return kind === "value" || kind === "list" ? "strict" : "allow_more_present";
}

/** Refuses comparisons that mean nothing. */
export function refuseBadComparisons({ comparisons = {} }: DockerContainerArgs, settings: readonly Setting[]): void {
  const known = Object.keys(dockerContainerArgs.shape).filter((name) => !stateless.has(name));
  for (const [key, how] of Object.entries(comparisons)) {
    const name = otherNames[key] ?? key;
    if (key === "*") {
      if (how === "allow_more_present") throw new TaskFailure("`comparisons`: `*` can only be `strict` or `ignore`");
      continue;
    }
    if (!known.includes(name))
      throw new TaskFailure(
        `\`comparisons\`: \`${key}\` is no option of a container's state${suggestion(key, [...known, ...Object.keys(otherNames)])}`,
      );
    const kind = name === "image" ? "value" : settings.find(({ option }) => option === name)?.kind;
    if (how === "allow_more_present" && kind === "value")
      throw new TaskFailure(`\`comparisons\`: \`${key}\` is a value, so it cannot be \`allow_more_present\``);
  }
}

function suggestion(key: string, names: readonly string[]): string {
  const meant = didYouMean(key, names);
  return meant === undefined ? "" : `: ${meant}`;
}

/** Settings that a container does not have as they are wanted. */
export function differentSettings(
  args: DockerContainerArgs,
  settings: readonly Setting[],
  container: DockerObject,
  image: DockerObject | undefined,
): readonly DockerDifference[] {
  return settings.flatMap((setting): readonly DockerDifference[] => {
    const { option, kind, expected } = setting;
    const how = setting.isIgnored ? "ignore" : comparisonOf(args, option, kind);
    const before = setting.current(container);
    if (option === "labels" && how === "strict") refuseImageLabels(args, image);
    if (isAsWanted(expected, before, how, kind)) return [];
    if (option === "env") return differentVariables(expected as string[], (before ?? []) as string[], how);
    return [{ name: option, before: before ?? null, after: expected, isUpdatable: setting.isUpdatable ?? false }];
  });
}

/** Variables by name: what is in them may be secret. */
function differentVariables(
  expected: readonly string[],
  current: readonly string[],
  how: Comparison,
): readonly DockerDifference[] {
  const [wanted, found] = [expected, current].map(
    (lines) => new Map(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string])),
  ) as [Map<string, string>, Map<string, string>];
  const names = [...wanted.keys(), ...(how === "strict" ? [...found.keys()].filter((name) => !wanted.has(name)) : [])];
  return names
    .filter((name) => wanted.get(name) !== found.get(name))
    .map((name) => ({
      name: `env.${name}`,
      before: found.has(name) ? "(hidden)" : undefined,
      after: wanted.has(name) ? (found.has(name) ? "(hidden, another)" : "(hidden)") : undefined,
    }));
}

function refuseImageLabels(
  { labels = {}, image_label_mismatch: mismatch }: DockerContainerArgs,
  image: DockerObject | undefined,
): void {
  if (mismatch !== "fail") return;
  const unwanted = Object.keys((imageConfig(image)["Labels"] ?? {}) as object).filter(
    (name) => !Object.hasOwn(labels, name),
  );
  if (unwanted.length > 0)
    throw new TaskFailure(
      `Some labels should be removed but are present in the base image. You can set image_label_mismatch to 'ignore' to ignore this error. Labels: ${unwanted.map((name) => `"${name}"`).join(", ")}`,
    );
}

/** community.docker's `compare_generic`: `wanted` beside what is. */
export function isAsWanted(wanted: unknown, found: unknown, how: Comparison, kind: Comparable): boolean {
  if (how === "ignore") return true;
  if (isNothing(wanted) || isNothing(found)) {
    if (isNothing(wanted) && isNothing(found)) return true;
    if (kind === "value") return false;
    if (how === "allow_more_present" && isNothing(wanted)) return true;
    return Object.keys((isNothing(wanted) ? found : wanted) as object).length === 0;
  }
  switch (kind) {
    case "value":
      return isDeepStrictEqual(wanted, found);
    case "list":
      return how === "strict"
        ? isDeepStrictEqual(wanted, found)
        : isSubsequence(wanted as unknown[], found as unknown[]);
    case "mapping":
      return how === "strict" ? isDeepStrictEqual(wanted, found) : isWithin(wanted as object, found as object);
    case "set": {
      const [left, right] = [new Set(wanted as string[]), new Set(found as string[])];
      const hasAll = [...left].every((item) => right.has(item));
      return hasAll && (how !== "strict" || left.size === right.size);
    }
    case "set of mappings": {
      const [left, right] = [wanted as object[], found as object[]];
      const hasAll = left.every((one) => right.some((other) => isWithin(one, other)));
      return hasAll && (how !== "strict" || right.every((other) => left.some((one) => isWithin(one, other))));
    }
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isSubsequence(wanted: readonly unknown[], found: readonly unknown[]): boolean {
  let at = 0;
  for (const item of found) if (at < wanted.length && isDeepStrictEqual(item, wanted[at])) at++;
  return at === wanted.length;
}

function isWithin(wanted: object, found: object): boolean {
  const values = found as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([name, value]) => isDeepStrictEqual(value, values[name]));
}
