import { formatLocation } from "../lib/source.ts";
import {
  type Expanded,
  type ExpandedBlock,
  type ExpandedPlay,
  type ExpandedTask,
  type Role,
} from "../project/expanded.ts";
import type { VarsLayer } from "../vars/layer.ts";
import type { TaskLabel } from "./events.ts";
import { runLoopingBlock } from "./block-loop.ts";
import { type Executed, executeTask } from "./execute-task.ts";
import { gatherFactsTask, hostsToGather, isFactsTask } from "./gather-facts.ts";
import { Handlers } from "./handlers.ts";
import type { HostRun } from "./host-run.ts";
import { runInclude } from "./include.ts";
import { flag, numeric, text } from "./keywords.ts";
import { LookAhead } from "./look-ahead.ts";
import { concat } from "../lib/concat.ts";
import { mapLimit } from "../lib/map-limit.ts";
import { runChosen } from "./chosen-module.ts";
import { runMeta } from "./meta.ts";
import { notifyLeftover } from "./resume-handlers.ts";
import { recordResult } from "./record-result.ts";
import { RoleProgress } from "./role-progress.ts";
import { runBlock } from "./run-block.ts";
import { lookAgain } from "./second-look.ts";
import { spreadFailure } from "./spread-failure.ts";
import type { RunContext } from "./run-context.ts";
import { shortModuleName } from "../playbook/keywords.ts";
import { toText } from "../template/python-repr.ts";
import { isSelected } from "./tags.ts";
import { TaskProfile } from "./task-profile.ts";
import type { PlayVariables } from "./variables.ts";

/** What surrounds a task list while it runs. */
export interface ListContext {
  /** A failure here has a `rescue` to go to. */
  readonly isRescuable: boolean;
  /** What follows the list. */
  readonly rest: () => Iterable<Expanded>;
}

const plain: ListContext = { isRescuable: false, rest: () => [] };

/** One play on one batch of hosts. */
export class PlayRun {
  readonly context: RunContext;
  readonly id: string;
  play: ExpandedPlay;
  readonly name: string;
  readonly batch: readonly HostRun[];
  readonly handlers: Handlers;
  readonly variables: PlayVariables;
  readonly roles = new RoleProgress();
  /** `meta: end_play`: later batches do not run either. */
  isPlayEnded = false;
  readonly #ahead = new Map<HostRun, LookAhead>();
  #isOver = false;
  /** `force_handlers` is for hosts that failed before: one that fails in a handler is done. */
  readonly #failedInHandler = new Set<HostRun>();

  constructor(options: {
    readonly context: RunContext;
    readonly id: string;
    readonly play: ExpandedPlay;
    readonly name: string;
    readonly hosts: readonly HostRun[];
    readonly batch: readonly HostRun[];
    readonly layersFor: (host: HostRun) => readonly VarsLayer[];
  }) {
    const { context, play, batch, hosts } = options;
    this.context = context;
    this.id = options.id;
    this.play = play;
    const current = (): ExpandedPlay => this.play;
    this.name = options.name;
    this.batch = batch;
    this.variables = {
      get play() {
        return current();
      },
      name: options.name,
      allHosts: () => hosts.map(({ name }) => name),
      isActive: (name) => context.host(name).isActive,
      activeHosts: () => batch.filter(({ isActive }) => isActive).map(({ name }) => name),
      layersFor: options.layersFor,
    };
    this.handlers = new Handlers(play.handlers, (task, host) => this.nameOf(task, host));
  }

  /** Runs facts, pre_tasks, roles and tasks, post_tasks, with handlers after each; then looks again at what they left running. */
  async run(): Promise<void> {
    const facts = await gatherFactsTask(this);
    const phases = [this.play.preTasks, this.play.tasks, this.play.postTasks];
    const after = (index: number): ListContext => ({ ...plain, rest: () => phases.slice(index).flat() });
    if (facts) await this.runList([facts], hostsToGather(this), after(0));
    for (const [index, phase] of phases.entries()) {
      if (phase === this.play.tasks) notifyLeftover(this.batch);
      await this.runPhase(phase, after(index + 1));
      await this.flushHandlers(this.batch);
    }
    await lookAgain(this);
  }

  /** `include_role` with `public`: from now on the play's tasks see the role's variables. */
  exposeRole(role: Role): void {
    const { roles, namedRoles } = this.play;
    const withRole = (known: readonly Role[]): readonly Role[] => [...known.filter((other) => other !== role), role];
    this.play = { ...this.play, roles: withRole(roles), namedRoles: withRole(namedRoles) };
  }

  /** Ends the play for every host of the batch. */
  end(): void {
    this.#isOver = true;
    for (const host of this.batch) if (host.isActive) host.status = "ended";
  }

  /** A task list in lockstep: each task on all hosts before the next. */
  async runList(nodes: readonly Expanded[], hosts: readonly HostRun[], list: ListContext): Promise<void> {
    for (const [index, node] of nodes.entries()) {
      if (this.#isOver) return;
      const active = hosts.filter((host) => host.isActive && !this.roles.leavesOut(host, node));
      if (active.length === 0) continue;
      if (this.context.signal.aborted) throw this.context.signal.reason;
      const here: ListContext = { ...list, rest: () => concat(nodes.slice(index + 1), list.rest()) };
      if (node.kind === "block") await this.#runTurns(node, active, here);
      else if ((node.isHandler || this.isWanted(node)) && (await this.#isAdmitted(node, active[0])))
        await this.runNode(node, active, here);
    }
  }

  /** `--start-at-task` and `--step`; facts are gathered in any case. */
  async #isAdmitted(task: ExpandedTask, host: HostRun | undefined): Promise<boolean> {
    const { startAt, step } = this.context;
    if (isFactsTask(task)) return true;
    if (!startAt.reaches(task, this.nameOf(task, host))) return false;
    return shortModuleName(task.task.module.name) === "meta" || (await step.permits(this.nameOf(task, host)));
  }

  /** Without its collection. */
  get strategy(): string {
    const [first] = this.batch;
    const scope = first && this.context.variables.scope(first, this.play.frame, this.variables);
    return (scope && text(scope, this.play.frame, "strategy"))?.split(".").at(-1) ?? "linear";
  }

  /** Runs a phase with the play's strategy. */
  async runPhase(nodes: readonly Expanded[], list: ListContext): Promise<void> {
    const { strategy } = this;
    if (strategy === "linear" || strategy === "debug") return await this.runList(nodes, this.batch, list);
    await mapLimit(this.batch, this.context.settings.forks, (host) => this.runList(nodes, [host], list));
  }

  /** Runs the handlers that hosts were notified of. */
  async flushHandlers(hosts: readonly HostRun[]): Promise<void> {
    for (const handler of this.handlers.tasks) {
      const notified = hosts.filter(
        (host) =>
          (host.notified.has(handler.id) || host.perhapsNotified.has(handler.id)) &&
          (host.isActive || this.#forcesHandlers(host)),
      );
      const doubts = notified.map((host) => {
        const doubt = host.perhapsNotified.get(handler.id);
        host.perhapsNotified.delete(handler.id);
        return host.notified.delete(handler.id) ? undefined : doubt;
      });
      if (notified.length === 0 || this.#isOver) continue;
      const failed = notified.filter((host) => host.status === "failed");
      for (const host of failed) host.status = "active";
      for (const [index, host] of notified.entries()) host.doubt = doubts[index];
      await this.runList([handler], notified, plain);
      for (const host of notified) host.doubt = undefined;
      for (const host of notified)
        if (!host.isActive && !failed.includes(host)) {
          host.lost.add(handler.id);
          this.#failedInHandler.add(host);
        }
      for (const host of failed) {
        if (host.isActive) host.status = "failed";
        else this.#failedInHandler.add(host);
      }
    }
  }

  isWanted(task: ExpandedTask): boolean {
    const { tags, skipTags } = this.context.settings;
    return isSelected(task.tags, tags, skipTags);
  }

  /** One task on hosts that are all active. */
  async runNode(task: ExpandedTask, hosts: readonly HostRun[], list: ListContext): Promise<void> {
    const name = shortModuleName(task.task.module.name);
    if (this.context.project.templater.isTemplate(name)) return await runChosen(this, task, hosts, list);
    if (name === "meta") return await runMeta(this, task, hosts, list);
    if (name === "include_tasks" || name === "include_role") return await runInclude(this, task, hosts, list);
    const label = this.labelOf(task, hosts[0]);
    const module = await this.context.project.module(task);
    const isOnce = (module.type === "action" && module.runsOnce === true) || this.#isRunOnce(task, hosts[0] as HostRun);
    const targets = isOnce ? hosts.slice(0, 1) : hosts;
    this.context.emit({ type: "task_start", play: this.id, task: label, hosts: targets.map((host) => host.name) });
    const startedAt = performance.now();
    await mapLimit(targets, this.#limitOf(task, hosts[0] as HostRun), async (host) => {
      this.context.emit({ type: "host_start", task: task.id, host: host.name });
      const receivers = isOnce ? hosts : [host];
      const { context, variables: play } = this;
      const queuedMs = performance.now() - startedAt;
      const profile = context.settings.wantsProfile ? new TaskProfile() : undefined;
      const ahead = this.#aheadOf(host);
      ahead.reach(() => this.#tasksOf(list.rest()));
      const taskName = label.name;
      const execute = (tried: ExpandedTask): Promise<Executed> =>
        executeTask({ context, task: tried, host, play, module, receivers, taskName, ahead, profile });
      const done = await context.debugger.watch(this, task, host, await execute(task), execute);
      recordResult(this, task, label, host, done, list);
      if (profile) {
        const figures = profile.figures(done.durationMs, queuedMs);
        context.emit({ type: "profile", task: task.id, host: host.name, ...figures });
      }
    });
    this.context.emit({ type: "task_end", task: task.id });
    // As with Ansible, a failure that a rescue will mend is none for other hosts, unless the task ran for them too.
    if (isOnce || !list.isRescuable) spreadFailure(this, task, label, hosts, isOnce);
  }

  labelOf(task: ExpandedTask, host: HostRun | undefined): TaskLabel {
    return {
      id: task.id,
      name: this.nameOf(task, host),
      ...(task.frame.role && { role: task.frame.role.name }),
      module: task.task.module.name,
      at: formatLocation(task.task.at),
      isHandler: task.isHandler,
    };
  }

  /** The task's name with its templates evaluated for a host, else as written, else the module's name. */
  nameOf(task: ExpandedTask, host: HostRun | undefined): string {
    const written = task.frame.raw["name"];
    if (written === undefined || written === null || written === "") return unnamed(task);
    if (!host || !this.context.project.templater.isTemplate(toText(written))) return toText(written);
    try {
      return String(
        this.context.variables.scope(host, task.frame, this.variables).evaluateMember(task.frame.raw, "name"),
      );
    } catch {
      return toText(written);
    }
  }

  /** A block, or each turn of one that loops. */
  async #runTurns(block: ExpandedBlock, hosts: readonly HostRun[], list: ListContext): Promise<void> {
    if (!block.loop) {
      await runBlock(this, block, hosts, list);
      return this.roles.complete(block, hosts);
    }
    await runLoopingBlock(this, block, block.loop, hosts, list, (turn, active) => runBlock(this, turn, active, list));
  }

  #aheadOf(host: HostRun): LookAhead {
    let ahead = this.#ahead.get(host);
    if (!ahead) {
      ahead = new LookAhead(this.context, this.variables, host);
      this.#ahead.set(host, ahead);
    }
    return ahead;
  }

  /** The tasks of nodes in the order in which they run when nothing fails. */
  *#tasksOf(nodes: Iterable<Expanded>): Iterable<ExpandedTask> {
    for (const node of nodes) {
      if (node.kind === "block") yield* this.#tasksOf(concat(node.block, node.always));
      else if (node.isHandler || this.isWanted(node)) yield node;
    }
  }

  #isRunOnce(task: ExpandedTask, host: HostRun): boolean {
    const scope = this.context.variables.scope(host, task.frame, this.variables);
    return flag(scope, task.frame, "run_once") === true;
  }

  #limitOf(task: ExpandedTask, host: HostRun): number {
    const scope = this.context.variables.scope(host, task.frame, this.variables);
    const throttle = numeric(scope, task.frame, "throttle") ?? 0;
    const { forks } = this.context.settings;
    return throttle > 0 ? Math.min(throttle, forks) : forks;
  }

  #forcesHandlers(host: HostRun): boolean {
    if (host.status !== "failed" || this.#failedInHandler.has(host)) return false;
    if (this.context.settings.forceHandlers) return true;
    return (
      flag(this.context.variables.scope(host, this.play.frame, this.variables), this.play.frame, "force_handlers") ===
      true
    );
  }
}

/** What a task without a name is called: by its module, an include of a role by the role too. */
function unnamed({ task: { module } }: ExpandedTask): string {
  const role =
    shortModuleName(module.name) === "include_role" ? (module.args["name"] ?? module.args["role"]) : undefined;
  return role === undefined ? module.name : `${module.name} : ${toText(role)}`;
}
