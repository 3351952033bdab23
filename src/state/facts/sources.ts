import { devices } from "./devices.ts";
import { distribution, lsb } from "./distribution.ts";
import type { FactSource } from "./fact-source.ts";
import { hardware } from "./hardware.ts";
import { localFacts } from "./local.ts";
import { packageManager, serviceManager } from "./managers.ts";
import { mounts } from "./mounts.ts";
import { network } from "./network.ts";
import { platform } from "./platform.ts";
import { python } from "./python.ts";
import { apparmor, capabilities, fips, selinux, sshKeys } from "./security.ts";
import { fibreChannel, iscsi, logicalVolumes, nvme } from "./storage.ts";
import { account, chroot, commandLine, dateTime, dns, environment, loadAverage } from "./session.ts";
import { virtual } from "./virtual.ts";

/** Names that Ansible knows and that give nothing here: tools that tsrun does not ask. */
const silent = ["facter", "ohai", "systemd"];

/** Every source of facts. The environment comes last: its section holds NULs. */
export function factSources(factPath: string): readonly FactSource[] {
  return [
    platform,
    distribution,
    lsb,
    serviceManager,
    packageManager,
    python,
    account,
    selinux,
    apparmor,
    fips,
    capabilities,
    sshKeys,
    commandLine,
    dns,
    dateTime,
    localFacts(factPath),
    hardware,
    mounts,
    devices,
    logicalVolumes,
    network,
    iscsi,
    nvme,
    fibreChannel,
    virtual,
    loadAverage,
    chroot,
    environment,
  ];
}

/**
 * Sources that a `gather_subset` selects. As in Ansible: names add, `!name` takes away, the minimal set is always there unless `!min`
 * (or `!all` with `!min`) is given, and nothing but exclusions means all the others.
 *
 * Throws a RangeError for a name that nothing has.
 */
export function selectSources(subset: readonly string[], sources: readonly FactSource[]): readonly FactSource[] {
  const named = (name: string) => {
    const found = sources.filter((source) => source.name === name || source.aliases?.includes(name));
    if (found.length === 0 && !silent.includes(name)) throw new RangeError(name);
    return found;
  };
  const minimal = sources.filter((source) => source.isMinimal);
  const [added, removed] = [new Set<FactSource>(), new Set<FactSource>()];
  let hasNames = false;
  for (const word of subset) {
    const name = word.replace(/^!/, "").trim();
    const isExclusion = word.startsWith("!");
    const target = isExclusion ? removed : added;
    if (!isExclusion) hasNames = true;
    const chosen =
      name === "all"
        ? isExclusion
          ? sources.filter((source) => !source.isMinimal)
          : sources
        : name === "min"
          ? minimal
          : named(name);
    for (const source of chosen) target.add(source);
  }
  const excludesMinimal = subset.includes("!min");
  const base = hasNames ? added : new Set(sources);
  const kept = [...base].filter(
    (source) => !removed.has(source) || (hasNames && added.has(source) && !namedExclusion(source, subset)),
  );
  if (!excludesMinimal)
    kept.push(...minimal.filter((source) => !kept.includes(source) && !namedExclusion(source, subset)));
  const needed = new Set(kept.flatMap(({ needs = [] }) => needs));
  return sources.filter(
    (source) => kept.includes(source) || (needed.has(source.name) && !namedExclusion(source, subset)),
  );
}

/**
 * The `gather_subset` that gives facts of these names, and no more than has to be. Undefined, which is all, for a name that no source is known
 * for: it is an interface's (`eth0` is a fact too) or misspelt, and then all facts are wanted to say so.
 */
export function subsetFor(names: ReadonlySet<string>): readonly string[] | undefined {
  const sources = factSources("");
  const chosen = new Set([...names].map((name) => sources.find(({ gives }) => gives.test(name))));
  if (chosen.has(undefined)) return undefined;
  // The name that selects the fewest beside it: `hardware` stands for several.
  const selects = (each: string): number =>
    sources.filter(({ name, aliases }) => name === each || aliases?.includes(each)).length;
  const nameOf = ({ name, aliases = [] }: FactSource): string =>
    [name, ...aliases].reduce((best, each) => (selects(each) < selects(best) ? each : best));
  const wanted = sources.filter((source) => chosen.has(source));
  const needless = sources.filter(
    (source) => !chosen.has(source) && wanted.some(({ needs }) => needs?.includes(source.name)),
  );
  return ["!all", "!min", ...wanted.map(nameOf), ...needless.map(({ name }) => `!${name}`)];
}

/** Whether a source is taken away by its own name, which is stronger than anything that adds it. */
function namedExclusion(source: FactSource, subset: readonly string[]): boolean {
  return subset.some(
    (word) =>
      word.startsWith("!") && (word.slice(1) === source.name || source.aliases?.includes(word.slice(1)) === true),
  );
}
