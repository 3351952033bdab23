import { throwAll, TsrunError } from "../lib/errors.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import { recordPosition, type SlotPosition } from "../yaml/positions.ts";
import { expandHostEntry } from "./expand-range.ts";
import type { Inventory } from "./inventory.ts";
import { parsePythonLiteral } from "./python-literal.ts";
import { splitShellWords } from "./shell-words.ts";

/**
 * An INI inventory: `[group]` with hosts, `[group:children]` with groups, `[group:vars]` with variables. Throws all that is wrong.
 */
export function parseIniInventory(inventory: Inventory, source: SourceFile, path: string): void {
  const state: State = {
    inventory,
    source,
    path,
    group: "ungrouped",
    section: "hosts",
    declared: new Set(["all", "ungrouped"]),
    wanted: [],
    errors: [],
  };
  let start = 0;
  for (const line of source.text.split("\n")) {
    readLine(state, line, start);
    start += line.length + 1;
  }
  for (const { name, at, message } of state.wanted) {
    if (state.declared.has(name) || inventory.groups.get(name)?.hosts.size) continue;
    report(state, at, message, didYouMean(name, state.declared) ?? `add a section \`[${name}]\``);
  }
  throwAll(state.errors);
}

const SECTIONS = ["hosts", "children", "vars"] as const;

interface State {
  readonly inventory: Inventory;
  readonly source: SourceFile;
  readonly path: string;
  group: string;
  section: (typeof SECTIONS)[number];
  readonly declared: Set<string>;
  /** Groups that were referred to and must be declared somewhere. */
  readonly wanted: { readonly name: string; readonly at: SourceRange; readonly message: string }[];
  readonly errors: TsrunError[];
}

function readLine(state: State, line: string, lineStart: number): void {
  const text = line.trim();
  if (text === "" || text.startsWith("#") || text.startsWith(";")) return;
  const start = lineStart + line.indexOf(text);
  const at = { source: state.source, start, end: start + text.length };
  if (text.startsWith("[") && /^\[[^\]]*\]\s*(?:#.*)?$/.test(text)) return readSection(state, text, at);
  if (state.section === "hosts") readHost(state, text, at);
  else if (state.section === "vars") readVariable(state, text, at);
  else readChild(state, text, at);
}

function readSection(state: State, text: string, at: SourceRange): void {
  const match = /^\[([^:\]\s]+)(?::(\w+))?\]/.exec(text);
  if (match === null)
    return report(state, at, `expected a section such as \`[web]\` or \`[web:vars]\`, got \`${text}\``);
  const [, group = "", written = "hosts"] = match;
  const section = SECTIONS.find((known) => known === written);
  if (section === undefined) {
    return report(
      state,
      at,
      `unknown kind of section \`${written}\``,
      didYouMean(written, SECTIONS) ?? "hosts, children or vars",
    );
  }
  state.group = group;
  state.section = section;
  state.inventory.declareGroup(group);
  if (section === "vars")
    state.wanted.push({ name: group, at, message: `variables of a group \`${group}\` that nothing declares` });
  else state.declared.add(group);
}

function readHost(state: State, text: string, at: SourceRange): void {
  const words = splitShellWords(text);
  if (words === undefined)
    return report(state, at, "a quote stays open in this line", 'quote the value as a whole: name="a b"');
  const [host, ...assignments] = words;
  if (host === undefined) return;
  const hostAt = { ...at, end: at.start + host.end };
  if (host.text === "---")
    return report(state, hostAt, "`---` starts a YAML file, and this was read as INI", "name the file `….yaml`");
  const entry = expandHostEntry(host.text);
  if (typeof entry === "string") return report(state, hostAt, entry);
  if (host.text.endsWith(":")) return report(state, hostAt, `\`${host.text}\` ends in \`:\`, which is kept for a port`);
  const values: Record<string, unknown> = {};
  const slots = new Map<string | number, SlotPosition>();
  for (const word of assignments) {
    const equals = word.text.indexOf("=");
    const start = at.start + word.start;
    if (equals < 1) {
      report(state, { ...at, start, end: at.start + word.end }, `expected \`name=value\`, got \`${word.text}\``);
      continue;
    }
    setValue(values, slots, word.text.slice(0, equals), word.text.slice(equals + 1), {
      start,
      valueStart: start + equals + 1,
      end: at.start + word.end,
      text: state.source.text,
    });
  }
  recordPosition(values, { ...at, slots });
  addHosts(state, entry.names, entry.port, values);
}

function addHosts(
  state: State,
  names: readonly string[],
  port: number | undefined,
  values: Record<string, unknown>,
): void {
  for (const name of names) {
    const isNew = !state.inventory.hosts.has(name);
    state.inventory.declareHost(name, { group: state.group, source: state.path });
    const layer = { name: `${state.source.path}: host ${name}`, trusted: true };
    if (port !== undefined && isNew) state.inventory.addHostVars(name, { ...layer, values: { ansible_port: port } });
    if (Object.keys(values).length > 0) state.inventory.addHostVars(name, { ...layer, values });
  }
}

function readVariable(state: State, text: string, at: SourceRange): void {
  const equals = text.indexOf("=");
  if (equals < 1) return report(state, at, `expected \`name = value\`, got \`${text}\``);
  const value = text.slice(equals + 1).trim();
  const name = text.slice(0, equals).trim();
  const values: Record<string, unknown> = {};
  const slots = new Map<string | number, SlotPosition>();
  const valueStart = value === "" ? at.end : at.start + text.indexOf(value, equals + 1);
  setValue(values, slots, name, value, { start: at.start, valueStart, end: at.end, text: state.source.text });
  recordPosition(values, { ...at, slots });
  state.inventory.addGroupVars(state.group, {
    name: `${state.source.path}: group ${state.group}`,
    values,
    trusted: true,
  });
}

function readChild(state: State, text: string, at: SourceRange): void {
  const name = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(text)?.[1];
  if (name === undefined) return report(state, at, `expected the name of a group, got \`${text}\``);
  const childAt = { ...at, end: at.start + name.length };
  state.wanted.push({
    name,
    at: childAt,
    message: `\`[${state.group}:children]\` names a group \`${name}\` that nothing declares`,
  });
  try {
    state.inventory.addChild(state.group, name, childAt);
  } catch (thrown) {
    if (!(thrown instanceof TsrunError)) throw thrown;
    state.errors.push(thrown);
  }
}

function setValue(
  values: Record<string, unknown>,
  slots: Map<string | number, SlotPosition>,
  name: string,
  written: string,
  place: { readonly start: number; readonly valueStart: number; readonly end: number; readonly text: string },
): void {
  const literal = parsePythonLiteral(written);
  const value = literal ? literal.value : written;
  Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
  // Quotes shift the text; where they stand it is found again.
  const shown = typeof value === "string" ? place.text.indexOf(value, place.valueStart) : -1;
  const textStart = shown >= 0 && shown < place.end ? shown : place.valueStart;
  const mapOffset = (offset: number): number => Math.min(textStart + offset, place.end);
  slots.set(name, {
    keyStart: place.start,
    keyEnd: place.start + name.length,
    start: place.valueStart,
    end: place.end,
    mapOffset,
  });
}

function report(state: State, at: SourceRange, message: string, hint?: string): void {
  state.errors.push(new TsrunError({ code: "E_INVENTORY", message, at, hint }));
}
