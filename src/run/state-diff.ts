import { type Change, type Diff, unknown } from "../task/change.ts";

/** Texts longer than this are content, which a module shows itself or has a reason not to show. */
const longestMember = 200;

/**
 * The diff of a change whose module gives none: the members that alter, a line each. `before`: what the query answered.
 * Nothing for events, for steps on the way, and for what is told to check mode only.
 */
export function stateDiff(change: Change, before: unknown): Diff | undefined {
  if (change.isEvent || change.isQuiet || change.steps.length === 0) return undefined;
  switch (change.action) {
    case "create":
      return { before: "", after: lines(change.after) };
    case "remove":
      return { before: lines(before), after: "" };
    case "change": {
      const after = members(change.after).filter(([name, value]) => memberOf(before, name) !== value);
      return { before: text(after.map(([name]) => [name, memberOf(before, name)])), after: text(after) };
    }
  }
}

type Member = readonly [name: string, value: unknown];

function lines(state: unknown): string {
  const shown = text(members(state));
  return shown === "" ? "state: present\n" : shown;
}

/** Members that a line can show. A state that is one value is its only member. */
function members(state: unknown): readonly Member[] {
  const all: readonly Member[] =
    typeof state === "object" && state !== null ? Object.entries(state) : [["state", state]];
  return all.filter(([, value]) => isShown(value));
}

function memberOf(state: unknown, name: string): unknown {
  if (typeof state !== "object" || state === null) return name === "state" ? state : undefined;
  const value = (state as Readonly<Record<string, unknown>>)[name];
  return isShown(value) ? value : undefined;
}

function isShown(value: unknown): boolean {
  if (typeof value === "string") return value.length <= longestMember && !value.includes("\n");
  return value === unknown || typeof value === "number" || typeof value === "boolean";
}

function text(shown: readonly Member[]): string {
  return shown
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value === unknown ? "(unknown until applied)" : String(value)}\n`)
    .join("");
}
