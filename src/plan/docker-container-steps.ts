import { dockerCli, type DockerObject, type DockerRequest, encodeName } from "../state/docker.ts";
import { runCommand, type Step } from "../task/change.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";
import { dockerEngine } from "./docker-args.ts";
import type { DockerContainerArgs } from "./docker-container-args.ts";
import type { NetworkChange } from "./docker-container-networks.ts";
import { type Call, dockerCalls, dockerStep, inTurn } from "./docker-step.ts";

/** A new container: what the Engine is told, and the networks beside its first. */
export interface NewContainer {
  readonly body: DockerObject;
  readonly networks: readonly NetworkChange[];
}

export function containerName({ name }: DockerContainerArgs): string {
  return name.replace(/^\//, "");
}

export function containerRequest(name: string, what: string): DockerRequest {
  return { method: "POST", path: `/containers/${encodeName(name)}/${what}` };
}

/** Makes a container where there is none. One that cannot be started stays, as with Ansible. */
export function createSteps(
  args: DockerContainerArgs,
  made: NewContainer,
  isGoing: boolean,
  starts: boolean,
): readonly Step[] {
  const name = containerName(args);
  return [
    ...(isGoing ? [dockerStep(dockerEngine(args), (call) => waitUntilGone(args, call))] : []),
    dockerCalls(dockerEngine(args), [
      creation(args, made, name),
      ...networkRequests(name, made.networks),
      ...(starts ? [containerRequest(name, "start")] : []),
    ]),
  ];
}

/** A container that gives way. */
export interface OldContainer {
  readonly isRunning: boolean;
  readonly isPaused: boolean;
  readonly isAutoRemoved: boolean;
}

/**
 * Makes a container anew. The new one is made under another name first; when that fails nothing happened to the old one. Then the old one
 * is stopped and renamed, and the new one takes its name and is started; when that fails the old one comes back, and runs again if it ran.
 * Only one that the Engine removes as soon as it is stopped (`auto_remove`) cannot come back.
 */
export function recreateSteps(
  args: DockerContainerArgs,
  made: NewContainer,
  old: OldContainer,
  starts: boolean,
): readonly Step[] {
  return [dockerStep(dockerEngine(args), (call) => recreation(args, made, old, starts, call), { protect: true })];
}

function recreation(args: DockerContainerArgs, made: NewContainer, old: OldContainer, starts: boolean, call: Call): Sh {
  const name = containerName(args);
  const [fresh, aside] = [`${name}.tsrun-new`, `${name}.tsrun-old`];
  const quietly = (request: DockerRequest): Sh => sh`${call(request)} >/dev/null`;
  const rename = (from: string, to: string): Sh =>
    quietly(containerRequest(from, `rename?name=${encodeURIComponent(to)}`));
  const vanishes = old.isAutoRemoved && old.isRunning;
  return shLines([
    sh`discard() { (${quietly(removal(fresh, "force=true&v=true"))}) 2>/dev/null; }`,
    old.isRunning
      ? sh`restart() { ${quietly(containerRequest(name, "start"))} || echo "the old container could not be started again" >&2; }`
      : sh`restart() { :; }`,
    vanishes
      ? sh`back() { echo "the old container is gone: it had auto_remove" >&2; }`
      : sh`back() { ${rename(aside, name)} || { echo ${`the old container is called ${aside} now`} >&2; return; }
        restart
      }`,
    // What a run that was cut left behind.
    sh`discard || :`,
    sh`(${inTurn(call, [creation(args, made, fresh), ...networkRequests(fresh, made.networks)])}) || { discard; exit 1; }`,
    old.isRunning && sh`(${inTurn(call, stopRequests(args, name, old.isPaused))}) || { discard; exit 1; }`,
    vanishes ? waitUntilGone(args, call) : sh`${rename(name, aside)} || { discard; restart; exit 1; }`,
    sh`${rename(fresh, name)} || { discard; back; exit 1; }`,
    starts &&
      sh`${quietly(containerRequest(name, "start"))} || { ${quietly(removal(name, "force=true&v=true"))}; back; exit 1; }`,
    !vanishes && quietly(removal(aside, `v=${!args.keep_volumes}`)),
  ]);
}

/** Takes a container away. */
export function removeSteps(
  args: DockerContainerArgs,
  { isRunning, isPaused, isAutoRemoved }: OldContainer,
): readonly Step[] {
  const name = containerName(args);
  const stops = isRunning ? stopRequests(args, name, isPaused) : [];
  if (!isAutoRemoved || !isRunning)
    return [dockerCalls(dockerEngine(args), [...stops, removal(name, `v=${!args.keep_volumes}`)])];
  return [dockerStep(dockerEngine(args), (call) => shLines([inTurn(call, stops), waitUntilGone(args, call)]))];
}

/** Waits for a container that the Engine is removing. */
function waitUntilGone(args: DockerContainerArgs, call: Call): Sh {
  const tries = Math.ceil((args.removal_wait_timeout ?? 600) / 0.2);
  const look = call({ method: "GET", path: `/containers/${encodeName(containerName(args))}/json` });
  return sh`n=0; while (${look}) >/dev/null 2>&1; do
    n=$((n+1)); if [ "$n" -gt ${tries} ]; then echo "the container is still being removed" >&2; exit 1; fi
    sleep 0.2
  done`;
}

/** Starts it, and with `detach: false` waits for its end; what it wrote is the last output. */
export function startSteps(args: DockerContainerArgs, isStarted: boolean): readonly Step[] {
  const engine = dockerEngine(args);
  const name = containerName(args);
  const start = isStarted ? [] : [dockerCalls(engine, [containerRequest(name, "start")])];
  if (args.detach !== false) return start;
  const logs = sh`${dockerCli(engine)} logs -- ${name} 2>&1`;
  return [
    ...start,
    dockerStep(engine, (call) => call(containerRequest(name, "wait"))),
    runCommand(sh`${logs} || :`),
    ...(args.output_logs ? [runCommand(sh`${logs} | logger -t docker_container`)] : []),
    ...(args.cleanup || args.auto_remove
      ? [dockerCalls(engine, [removal(name, `force=true&v=${!args.keep_volumes}`)])]
      : []),
  ];
}

/** Waits for a container to say that it is healthy. */
export function healthStep(args: DockerContainerArgs): Step {
  const name = containerName(args);
  const state = sh`${dockerCli(dockerEngine(args))} container inspect -f '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' -- ${name}`;
  const limit = args.healthy_wait_timeout;
  return runCommand(sh`n=0; while :; do
    s=$(${state}) || exit 1
    case $s in
      "running healthy") exit 0;;
      running?starting | running?unhealthy | restarting*) ;;
      "running ") echo "the container has no health check" >&2; exit 1;;
      *) echo "the container does not run: $s" >&2; exit 1;;
    esac
    n=$((n+1)); ${
      limit > 0 &&
      sh`if [ "$n" -gt ${Math.ceil(limit * 2)} ]; then
      echo "the container is not healthy ($s), its checks said:" >&2
      ${dockerCli(dockerEngine(args))} container inspect -f '{{range .State.Health.Log}}{{println .Output}}{{end}}' -- ${name} | tail -n 5 >&2
      exit 1
    fi`
    }
    sleep 0.5
  done`);
}

export function stopRequests(args: DockerContainerArgs, name: string, isPaused: boolean): readonly DockerRequest[] {
  const seconds = args.stop_timeout ? `?t=${args.stop_timeout}` : "";
  const signal = args.kill_signal === undefined ? "" : `?signal=${encodeURIComponent(args.kill_signal)}`;
  return [
    // Engines refuse to stop one whose processes are held.
    ...(isPaused ? [containerRequest(name, "unpause")] : []),
    containerRequest(name, args.force_kill ? `kill${signal}` : `stop${seconds}`),
  ];
}

export function networkRequests(name: string, changes: readonly NetworkChange[]): readonly DockerRequest[] {
  return changes.flatMap((change): readonly DockerRequest[] => {
    const path = `/networks/${encodeName(change.name)}`;
    return [
      ...(change.leaves ? [{ method: "POST", path: `${path}/disconnect`, body: { Container: name } } as const] : []),
      ...(change.join
        ? [{ method: "POST", path: `${path}/connect`, body: { Container: name, EndpointConfig: change.join } } as const]
        : []),
    ];
  });
}

function removal(name: string, options: string): DockerRequest {
  return { method: "DELETE", path: `/containers/${encodeName(name)}?${options}` };
}

function creation({ platform }: DockerContainerArgs, { body }: NewContainer, name: string): DockerRequest {
  const where = platform === undefined ? "" : `&platform=${encodeURIComponent(platform)}`;
  return { method: "POST", path: `/containers/create?name=${encodeURIComponent(name)}${where}`, body };
}

/** Starts it, and holds it where that is wanted. */
export function runSteps(args: DockerContainerArgs, isStarted: boolean): readonly Step[] {
  const pause = containerRequest(containerName(args), "pause");
  return [...startSteps(args, isStarted), ...(args.paused ? [dockerCalls(dockerEngine(args), [pause])] : [])];
}
