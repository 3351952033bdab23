import { throwAll, TsrunError } from "../lib/errors.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import { rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import { expandHostEntry } from "./expand-range.ts";
import type { Inventory } from "./inventory.ts";

type Mapping = Readonly<Record<string, unknown>>;

const GROUP_KEYS = ["hosts", "children", "vars"] as const;

/** A YAML inventory that was read already: groups with `hosts`, `children` and `vars`. Throws all that is wrong. */
export function parseYamlInventory(inventory: Inventory, document: Mapping, source: SourceFile, path: string): void {
  const state: State = { inventory, source, path, errors: [] };
  for (const name of Object.keys(document)) readGroup(state, document, name);
  throwAll(state.errors);
}

interface State {
  readonly inventory: Inventory;
  readonly source: SourceFile;
  readonly path: string;
  readonly errors: TsrunError[];
}

function readGroup(state: State, container: Mapping, name: string): void {
  const { inventory } = state;
  const group = container[name];
  if (group !== null && !isMapping(group)) {
    const top = (GROUP_KEYS as readonly string[]).includes(name) ? "put it under `all:`" : "hosts: { NAME: }";
    return report(
      state,
      rangeOfValue(container, name),
      `group \`${name}\`: expected a mapping, got ${describe(group)}`,
      top,
    );
  }
  if (GROUP_KEYS.some((key) => key === name)) {
    return report(
      state,
      rangeOfKey(container, name),
      `\`${name}\` stands where a group's name is expected`,
      `put it under a group, such as \`all:\``,
    );
  }
  inventory.declareGroup(name);
  if (group === null) return;
  for (const key of Object.keys(group)) {
    if (!GROUP_KEYS.some((known) => known === key)) {
      const hint =
        didYouMean(key, GROUP_KEYS) ??
        (isMapping(group[key]) || group[key] === null
          ? `a group inside of \`${name}\` stands under \`children:\``
          : "a variable stands under `vars:`");
      report(state, rangeOfKey(group, key), `unknown key \`${key}\` in group \`${name}\``, hint);
    }
  }
  readVars(state, group, name);
  readChildren(state, group, name);
  readHosts(state, group, name);
}

function readVars(state: State, group: Mapping, name: string): void {
  const vars = section(state, group, name, "vars");
  if (vars && Object.keys(vars).length > 0) {
    state.inventory.addGroupVars(name, { name: `${state.source.path}: group ${name}`, values: vars, trusted: true });
  }
}

function readChildren(state: State, group: Mapping, name: string): void {
  const children = section(state, group, name, "children");
  if (!children) return;
  for (const child of Object.keys(children)) {
    try {
      state.inventory.addChild(name, child, rangeOfKey(children, child));
      readGroup(state, children, child);
    } catch (thrown) {
      if (!(thrown instanceof TsrunError)) throw thrown;
      state.errors.push(thrown);
    }
  }
}

function readHosts(state: State, group: Mapping, name: string): void {
  const hosts = section(state, group, name, "hosts");
  if (!hosts) return;
  for (const written of Object.keys(hosts)) {
    const vars = hosts[written];
    const entry = expandHostEntry(written);
    if (typeof entry === "string") {
      report(state, rangeOfKey(hosts, written), entry);
      continue;
    }
    if (vars !== null && !isMapping(vars)) {
      report(
        state,
        rangeOfValue(hosts, written),
        `host \`${written}\`: expected a mapping of variables, got ${describe(vars)}`,
        "ansible_host: 192.0.2.1",
      );
      continue;
    }
    for (const host of entry.names) addHost(state, host, name, entry.port, vars ?? {});
  }
}

function addHost(state: State, host: string, group: string, port: number | undefined, vars: Mapping): void {
  const { inventory } = state;
  const isNew = !inventory.hosts.has(host);
  inventory.declareHost(host, { group, source: state.path });
  const layer = { name: `${state.source.path}: host ${host}`, trusted: true };
  if (port !== undefined && isNew) inventory.addHostVars(host, { ...layer, values: { ansible_port: port } });
  if (Object.keys(vars).length > 0) inventory.addHostVars(host, { ...layer, values: vars });
}

/** `hosts`, `children` or `vars` of a group; a lone name is as good as a mapping with one key. */
function section(state: State, group: Mapping, name: string, key: (typeof GROUP_KEYS)[number]): Mapping | undefined {
  const value = group[key];
  if (value === undefined || value === null) return undefined;
  if (isMapping(value)) return value;
  if (typeof value === "string" && key !== "vars") return { [value]: null };
  const example =
    key === "vars" ? "NAME: VALUE" : Array.isArray(value) && typeof value[0] === "string" ? `${value[0]}:` : "NAME:";
  report(
    state,
    rangeOfValue(group, key),
    `\`${key}\` of group \`${name}\`: expected a mapping, got ${describe(value)}`,
    `write names as keys: \`${example}\``,
  );
  return undefined;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return isMapping(value) ? "a mapping" : `\`${String(value)}\``;
}

function report(state: State, at: SourceRange | undefined, message: string, hint?: string): void {
  const place = at ?? { source: state.source, start: 0, end: 0 };
  state.errors.push(new TsrunError({ code: "E_INVENTORY", message, at: place, hint }));
}
