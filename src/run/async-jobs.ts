import { randomInt } from "node:crypto";
import type { Command } from "../task/change.ts";
import type { ExecOutput, HostAccess } from "../task/define-action.ts";
import { TaskFailure } from "../task/failure.ts";
import { sh } from "../task/sh.ts";
import type { Mapping } from "../playbook/model.ts";
import type { ModuleOutcome } from "./outcome.ts";

/**
 * Tasks that were started with `poll: 0`. Their command runs on the host in a session of its own, so that it outlives the task and
 * the run; its output waits in `~/.tsrun-async/<job>` until `async_status` fetches it. Everything else that a module does happens at once.
 */
export class AsyncJobs {
  readonly #jobs = new Map<string, Job>();

  /** Starts a module in the background. `run` gets a host whose first command is the job. */
  async start(
    host: HostAccess,
    seconds: number,
    run: (host: HostAccess) => Promise<ModuleOutcome>,
  ): Promise<ModuleOutcome> {
    const id = `j${randomInt(1e11, 1e12)}.${randomInt(1000, 99999)}`;
    const job = new Job(id, host, seconds);
    this.#jobs.set(id, job);
    await job.start(run);
    const fields = { ansible_job_id: id, results_file: `~/.tsrun-async/${id}`, started: 1, finished: 0, changed: true };
    return { status: "changed", fields };
  }

  /** What `async_status` answers: the module's own result when the job has ended. */
  async status({ jid, mode }: Mapping): Promise<ModuleOutcome> {
    const id = String(jid);
    const job = this.#jobs.get(id);
    const told = { ansible_job_id: id, started: 1 };
    if (!job) throw new TaskFailure("could not find job", { ...told, finished: 1 });
    const nothingYet = { ansible_job_id: id, finished: 0, changed: false, stdout: "", stderr: "" };
    if (mode === "cleanup") {
      await job.clean();
      this.#jobs.delete(id);
      return { status: "ok", fields: { ...nothingYet, started: 0, erased: `~/.tsrun-async/${id}` } };
    }
    if (!(await job.hasEnded())) return { status: "ok", fields: { ...nothingYet, started: 1 } };
    try {
      const outcome = await job.outcome;
      return { ...outcome, fields: { ...outcome.fields, ...told, finished: 1 } };
    } catch (error) {
      if (error instanceof TaskFailure) throw new TaskFailure(error.message, { ...error.fields, ...told, finished: 1 });
      throw error;
    }
  }
}

const stillRunning = 75;

class Job {
  readonly #id: string;
  readonly #host: HostAccess;
  readonly #seconds: number;
  #outcome: Promise<ModuleOutcome> | undefined;
  #finish: ((output: ExecOutput) => void) | undefined;
  #isFetched = false;

  constructor(id: string, host: HostAccess, seconds: number) {
    this.#id = id;
    this.#host = host;
    this.#seconds = seconds;
  }

  /** Returns when the command runs, or the module has ended without one. */
  async start(run: (host: HostAccess) => Promise<ModuleOutcome>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const launch = async (command: Command): Promise<ExecOutput> => {
        if (this.#finish) return await this.#host.exec(command);
        const output = new Promise<ExecOutput>((finish) => {
          this.#finish = finish;
        });
        await this.#launch(command).then(resolve, reject);
        return await output;
      };
      const { host } = this.#own(launch);
      this.#outcome = run(host);
      this.#outcome.then(() => resolve(), reject);
    });
  }

  /** The module's result; settles only when {@link hasEnded} has fetched the command's output. */
  get outcome(): Promise<ModuleOutcome> {
    return this.#outcome as Promise<ModuleOutcome>;
  }

  /** Asks the host, and fetches the output when the command has ended. */
  async hasEnded(): Promise<boolean> {
    if (!this.#finish || this.#isFetched) return true;
    const output = await this.#host.execReadonly({ script: readScript(this.#id) });
    if (output.rc === stillRunning) return false;
    this.#isFetched = true;
    this.#finish(outputOf(output));
    return true;
  }

  async clean(): Promise<void> {
    await this.#host.execReadonly({ script: sh`rm -rf -- "$HOME"/.tsrun-async/${this.#id}` });
  }

  #own(exec: (command: Command) => Promise<ExecOutput>): { readonly host: HostAccess } {
    const host = this.#host;
    return {
      host: {
        exec,
        execReadonly: (command) => host.execReadonly(command),
        read: (query) => host.read(query),
        cached: (query) => host.cached(query),
        write: (file) => host.write(file),
        runWithRemoteShell: (words, options) => host.runWithRemoteShell(words, options),
        reset: () => host.reset(),
        ping: (timeoutMs) => host.ping(timeoutMs),
      },
    };
  }

  async #launch(command: Command): Promise<void> {
    const output = await this.#host.exec({
      script: launchScript(this.#id, command, this.#seconds),
      stdin: command.stdin,
    });
    if (output.rc !== 0)
      throw new TaskFailure(`the job could not be started: ${output.stderr.trim()}`, { rc: output.rc });
  }
}

/** `timeout` ends what runs longer than `async:` says; where a host has none, nothing does. */
function launchScript(id: string, command: Command, seconds: number) {
  return sh`
u=$(umask)
umask 077
d=$HOME/.tsrun-async/${id}
mkdir -p "$d" && printf '%s\n' ${command.script.text} >"$d/script" && cat >"$d/stdin" || exit
t=
command -v timeout >/dev/null && t='timeout -k 5 '${String(Math.ceil(seconds))}
s=nohup
command -v setsid >/dev/null && s=setsid
umask "$u"
$s sh -c '$2 sh "$1/script" <"$1/stdin" >"$1/out" 2>"$1/err"; echo $? >"$1/rc.new"; mv "$1/rc.new" "$1/rc"' sh "$d" "$t" </dev/null >/dev/null 2>&1 &
`;
}

function readScript(id: string) {
  return sh`
d=$HOME/.tsrun-async/${id}
[ -f "$d/rc" ] || exit ${stillRunning}
cat "$d/rc"
cat "$d/out"
cat "$d/err" >&2
rm -rf -- "$d"
`;
}

/** The job's own exit code and output, out of what fetched them. */
function outputOf(fetched: ExecOutput): ExecOutput {
  const end = fetched.stdout.indexOf("\n");
  const rc = Number(fetched.stdout.slice(0, end));
  const stdoutBytes = fetched.stdoutBytes.subarray(new TextEncoder().encode(fetched.stdout.slice(0, end + 1)).length);
  return { ...fetched, rc, stdout: fetched.stdout.slice(end + 1), stdoutBytes, timedOut: rc === 124 };
}
