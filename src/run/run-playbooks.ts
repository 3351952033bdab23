import { randomUUID } from "node:crypto";
import { TsrunError } from "../lib/errors.ts";
import { formatLocation, type SourceRange } from "../lib/source.ts";
import type { ListedPlaybook, RunHooks, RunOptions } from "../project/options.ts";
import type { ExpandedPlay } from "../project/expanded.ts";
import { checkedProject } from "../project/check-project.ts";
import { SshContext, type SshContextOptions } from "../transport/ssh-context.ts";
import { WorkerPool } from "../transport/worker-pool.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { batches } from "./batches.ts";
import type { EventSink, HostRecap } from "./events.ts";
import type { HostRun } from "./host-run.ts";
import { keyword, text } from "./keywords.ts";
import { listPlays } from "./list-plays.ts";
import { Machines } from "./machines.ts";
import { PlayRun } from "./play-run.ts";
import { askPromptedVars, varsFiles } from "./play-vars.ts";
import { keepHandlers, resumeHandlers } from "./resume-handlers.ts";
import { RunContext } from "./run-context.ts";
import { StartAt } from "./start-at.ts";

const defaultForks = 50;

type Warn = (warning: Warning) => void;

interface Warning {
  readonly message: string;
  readonly at?: SourceRange | undefined;
  readonly hint?: string | undefined;
}

/**
 * Runs playbooks from the first check to the recap. Returns the exit code: 0 ok, 2 a task failed, 4 a host was unreachable,
 * 99 interrupted.
 *
 * Throws what is wrong with the project, before any host is touched.
 */
export async function runPlaybooks(
  options: RunOptions,
  sink: EventSink,
  signal: AbortSignal,
  hooks: RunHooks,
): Promise<number> {
  const startedAt = performance.now();
  const early: Warning[] = [];
  let warn: Warn = (warning) => void early.push(warning);
  const { project, playbooks } = await checkedProject(options, hooks, (warning) => warn(warning));
  const ssh: SshContextOptions = {
    askPassphrase: (path) => hooks.ask({ text: `Passphrase of ${path}: `, isSecret: true }).catch(() => undefined),
    warn: (message) => warn({ message }),
  };
  const workers = options.workers ? new WorkerPool(options.workers, ssh) : undefined;
  const machines = new Machines(new SshContext(ssh), workers);
  const allPlays = playbooks.flatMap(({ plays }) => plays);
  const context = new RunContext({
    project,
    hooks,
    signal,
    machines,
    sink,
    startAt: new StartAt(options.startAtTask, allPlays),
    plays: allPlays,
    settings: {
      isCheck: options.isCheck,
      wantsDiff: options.wantsDiff,
      verbosity: options.verbosity,
      forks: options.forks ?? defaultForks,
      tags: options.tags,
      skipTags: options.skipTags,
      forceHandlers: options.forceHandlers,
      isStep: options.isStep,
      wantsProfile: options.wantsProfile ?? false,
    },
  });
  const warned = new Set<string>();
  warn = ({ message, at, hint }) => {
    const place = at && formatLocation(at);
    if (warned.has(`${message} ${place}`)) return;
    warned.add(`${message} ${place}`);
    context.emit({
      type: "warning",
      message,
      ...(place !== undefined && { at: place }),
      ...(hint !== undefined && { hint }),
    });
  };
  const { isCheck, wantsDiff } = options;
  context.emit({ type: "run_start", schema: 1, run: randomUUID(), playbooks: options.playbooks, isCheck, wantsDiff });
  for (const warning of early.splice(0)) warn(warning);
  const onAbort = (): void => void machines.interrupt();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    let number = 0;
    for (const { plays } of playbooks) {
      for (const play of plays) {
        number += 1;
        if (!context.startAt.wants(play)) continue;
        // As with Ansible, a play that no host survives ends its playbook: later plays may rely on it.
        if (!(await runPlay(context, play, String(number)))) break;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await machines.close();
    context.keepFacts();
  }
  const recap = recapOf(context);
  if (context.startAt.isPending && !signal.aborted) warn({ message: `no task \`${options.startAtTask}\` was found` });
  const exitCode = signal.aborted ? 99 : exitCodeOf(context);
  context.emit({
    type: "run_end",
    recap,
    exitCode,
    reason: signal.aborted ? "interrupted" : "completed",
    durationMs: Math.round(performance.now() - startedAt),
  });
  return exitCode;
}

/** Checks everything that can be checked without a host; throws all that is wrong. */
export async function checkPlaybooks(options: RunOptions, hooks: RunHooks, warn: Warn = () => {}): Promise<void> {
  await checkedProject(options, hooks, warn);
}

/** What `--list-hosts`, `--list-tasks` and `--list-tags` show. */
export async function listPlaybooks(options: RunOptions, hooks: RunHooks): Promise<readonly ListedPlaybook[]> {
  const { project, playbooks } = await checkedProject(options, hooks, () => {});
  return listPlays(project, playbooks, options);
}

/** Answers whether later plays may run: not when a whole batch of hosts has failed. */
async function runPlay(context: RunContext, play: ExpandedPlay, id: string): Promise<boolean> {
  const { project } = context;
  const scope = project.playScope(play);
  const pattern = keyword(scope, play.frame, "hosts");
  const patterns = (Array.isArray(pattern) ? pattern : [pattern]).map(String).join(",");
  const name = text(scope, play.frame, "name") ?? patterns;
  const order = text(scope, play.frame, "order");
  const names = project.match(patterns);
  const matched = ordered(names, order).map((host) => context.host(host));
  for (const host of matched) if (host.status === "ended") host.status = "active";
  const hosts = matched.filter((host) => host.isActive);
  if (hosts.length === 0) {
    const reason = matched.length === 0 ? "no hosts matched" : "no hosts left";
    context.emit({ type: "play_skipped", name, reason });
    return true;
  }
  const answers = await askPromptedVars(context, play, scope);
  const layersFor = (host: HostRun): readonly VarsLayer[] => [...varsFiles(context, play, host), ...answers];
  context.emit({
    type: "play_start",
    play: id,
    name,
    hosts: hosts.map((host) => host.name),
    at: formatLocation(play.at),
  });
  const groups = batches(hosts, keyword(scope, play.frame, "serial"));
  let isDead = false;
  for (const [index, batch] of groups.entries()) {
    if (index > 0)
      context.emit({
        type: "play_start",
        play: id,
        name,
        hosts: batch.map((host) => host.name),
        at: formatLocation(play.at),
      });
    const run = new PlayRun({
      context,
      id,
      play,
      name,
      hosts: names.map((host) => context.host(host)),
      batch,
      layersFor,
    });
    resumeHandlers(run);
    try {
      await run.run();
    } finally {
      keepHandlers(run);
    }
    isDead = batch.every(({ status }) => status === "failed" || status === "unreachable");
    if (isDead) context.emit({ type: "no_hosts_left", play: id });
    if (isDead || run.isPlayEnded) break;
  }
  context.emit({ type: "play_end", play: id });
  return !isDead;
}

/** Hosts in the order that `order:` asks for; inventory order by default. */
function ordered(hosts: readonly string[], order: string | undefined): readonly string[] {
  switch (order) {
    case undefined:
    case "inventory":
      return hosts;
    case "sorted":
      return hosts.toSorted();
    case "reverse_sorted":
      return hosts.toSorted().reverse();
    case "reverse_inventory":
      return hosts.toReversed();
    case "shuffle":
      return hosts
        .map((host) => ({ host, key: Math.random() }))
        .sort((a, b) => a.key - b.key)
        .map(({ host }) => host);
    default:
      throw new TsrunError({
        code: "E_BAD_KEYWORD",
        message: `unknown \`order\` \`${order}\``,
        hint: "inventory, sorted, reverse_sorted, reverse_inventory or shuffle",
      });
  }
}

function recapOf(context: RunContext): Record<string, HostRecap> {
  const hosts = context.hosts().filter(({ recap }) => Object.values(recap).some((count) => count > 0));
  return Object.fromEntries(
    hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((host) => [host.name, host.recap]),
  );
}

/** As in Ansible, an unreachable host weighs more than a failed one, and what `meta: clear_host_errors` forgave does not count. */
function exitCodeOf(context: RunContext): number {
  const recaps = context.hosts().map(({ recapSinceCleared }) => recapSinceCleared);
  if (recaps.some(({ unreachable }) => unreachable > 0)) return 4;
  if (recaps.some(({ failed }) => failed > 0)) return 2;
  return context.startAt.isPending ? 1 : 0;
}
