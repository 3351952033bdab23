import { type Change, change } from "../task/change.ts";
import type { CommandOutput, Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { type Sh, sh } from "../task/sh.ts";
import { systemctl, type UnitScope, type UnitState } from "../state/unit.ts";
import { unitManager } from "../state/unit-manager.ts";
import { startAndSettle } from "./unit-start.ts";

/** What a task wants of a unit; undefined members stay as they are. */
export interface UnitWish {
  /** As the author wrote it. */
  readonly name: string;
  readonly scope: UnitScope;
  readonly state?: "started" | "stopped" | "restarted" | "reloaded" | undefined;
  readonly enabled?: boolean | undefined;
  readonly masked?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly noBlock?: boolean | undefined;
}

export interface UnitPlanInput {
  readonly query: Query<UnitState>;
  readonly current: UnitState;
  /** The manager's units are older than what is on disk; only asked when the task asks for a reload. */
  readonly mustReload: boolean;
  readonly applied: readonly Change[];
}

/** Changes that bring a unit to what is wished: reload of the manager, mask, enablement, then its state. */
export function planUnit(wish: UnitWish, input: UnitPlanInput): Plan {
  const { query, current } = input;
  const warnings: string[] = [];
  const tool = sh`${systemctl(wish.scope)} ${wish.noBlock && "--no-block"} ${wish.force && "--force"}`;
  const changes: Change[] = [];
  const unmasks = wish.masked === false && current.enablement === "masked";
  if (wish.masked === true && current.enablement !== "masked") {
    const after = { enablement: "masked", isEnabled: false, loadState: "masked", exists: true };
    changes.push(change(query, after, sh`${tool} mask -- ${wish.name}`));
  }
  if (unmasks)
    changes.push(change(query, { enablement: "disabled", loadState: "loaded" }, sh`${tool} unmask -- ${wish.name}`));
  if ((wish.enabled !== undefined || wish.state !== undefined) && !current.exists) {
    throw new TaskFailure(`Could not find the requested service ${wish.name}: host`, { name: wish.name, status: {} });
  }
  if (current.loadError !== "" && current.exists && current.loadState !== "masked") {
    throw new TaskFailure(`Error loading unit file '${wish.name}': ${current.loadError}`);
  }
  if (wish.enabled !== undefined) changes.push(...planEnablement(wish, input, tool, warnings));
  if (wish.state !== undefined) changes.push(...planState({ ...wish, state: wish.state }, input, tool, warnings));
  const wantsRunning = wish.state !== undefined && wish.state !== "stopped";
  const reloads = input.mustReload || (current.needsReload && (changes.length > 0 || wantsRunning));
  return { changes: reloads ? [reloadManager(wish.scope), ...changes] : changes, warnings };
}

/**
 * `systemctl daemon-reload`; Ansible does not count it as a change either. An event: an old systemd tells the time of its load by the
 * second, so that it can seem stale right after it.
 */
export function reloadManager(scope: UnitScope): Change {
  return change(unitManager(scope), { isStale: false }, sh`${systemctl(scope)} daemon-reload`, {
    isEvent: true,
    isQuiet: true,
    mayAlter: ["unit"],
  });
}

function planEnablement(wish: UnitWish, { query, current }: UnitPlanInput, tool: Sh, warnings: string[]): Change[] {
  const wanted = wish.enabled === true;
  if (current.isEnabled === wanted) return [];
  if (!wanted && (current.enablement === "static" || current.enablement === "generated")) {
    warnings.push(
      `unit \`${wish.name}\` is ${current.enablement}: it cannot be disabled; use \`masked: true\` to keep it from starting`,
    );
    return [];
  }
  const enablement = wanted ? "enabled" : "disabled";
  const script = sh`${tool} ${wanted ? "enable" : "disable"} -- ${wish.name}`;
  return [change(query, { enablement, isEnabled: wanted }, script)];
}

function planState(
  wish: UnitWish & { readonly state: NonNullable<UnitWish["state"]> },
  { query, current, applied }: UnitPlanInput,
  tool: Sh,
  warnings: string[],
): Change[] {
  if (!current.isBooted) {
    if (wish.scope === "user") {
      throw new TaskFailure(
        `the user's systemd does not run: log in first, or run \`loginctl enable-linger\` for the account`,
      );
    }
    warnings.push(
      "Target is a chroot or systemd is offline. This can lead to false positives or prevent the init system tools from working.",
    );
    return [];
  }
  if (wish.state === "stopped") {
    if (!isRunning(current) && current.activeState !== "deactivating" && current.subState !== "auto-restart") return [];
    return [change(query, { activeState: "inactive", subState: "dead" }, sh`${tool} stop -- ${wish.name}`)];
  }
  const verb =
    wish.state === "started" || !isRunning(current) ? "start" : wish.state === "restarted" ? "restart" : "reload";
  if (verb === "start" && isRunning(current)) return [];
  const isOver = current.type === "oneshot" && !current.remainsAfterExit && current.activeState === "inactive";
  const wasApplied = applied.some((done) => done.query.id === query.id);
  // The script that started it would have failed had it ended by itself.
  if (wasApplied && verb === "start" && current.activeState === "inactive" && !isOver) {
    warnings.push(`unit \`${wish.name}\` was not started: the conditions in its unit file are not met on this machine`);
    return [];
  }
  const after = isOver ? {} : { activeState: "active", subState: "running", result: "success" };
  const script = wish.noBlock ? sh`${tool} ${verb} -- ${wish.name}` : startAndSettle(wish.name, wish.scope, verb, tool);
  // A oneshot unit that is over has run; a restart has happened: neither can be read back as a state.
  return [change(query, after, script, { isEvent: isOver || verb !== "start" || wish.noBlock })];
}

/** As Ansible counts, but a unit that keeps dying and waits for its next start does not run. */
function isRunning({ activeState, subState }: UnitState): boolean {
  return (
    (["active", "activating", "reloading", "refreshing"] as string[]).includes(activeState) &&
    subState !== "auto-restart"
  );
}

/** In check mode: a unit whose file an earlier task would make. */
export const unitToBe: UnitState = {
  exists: true,
  isBooted: true,
  loadState: "loaded",
  loadError: "",
  activeState: "inactive",
  subState: "dead",
  result: "success",
  type: "",
  remainsAfterExit: false,
  needsReload: false,
  enablement: "disabled",
  isEnabled: false,
  properties: {},
};

/** Fields of the result that `systemd` and `service` have in common. */
export function unitResult(
  wish: UnitWish,
  after: UnitState | undefined,
  outputs: readonly CommandOutput[],
): Record<string, unknown> {
  const stderr = outputs.map((output) => output.stderr).join("");
  return {
    name: wish.name,
    status: after?.properties ?? {},
    ...(wish.state !== undefined && { state: wish.state === "stopped" ? "stopped" : "started" }),
    ...(wish.enabled !== undefined && { enabled: wish.enabled }),
    ...(stderr !== "" && { stderr }),
  };
}
