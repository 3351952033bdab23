import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { RunOptions } from "../../src/project/options.ts";
import type { RunEvent } from "../../src/run/events.ts";
import { runPlaybooks } from "../../src/run/run-playbooks.ts";

/** A project in a temporary folder, and runs of it that hand back their events. */
export class TestProject {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** `files`: text by path. */
  static async create(files: Readonly<Record<string, string>>): Promise<TestProject> {
    const project = new TestProject(await mkdtemp(join(tmpdir(), "tsrun-test-")));
    for (const [path, text] of Object.entries(files)) await project.write(path, text);
    return project;
  }

  async write(path: string, text: string): Promise<void> {
    const target = join(this.folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Runs a playbook inside of this process. */
  async run(
    playbook: string,
    options: Partial<RunOptions> = {},
    signal = new AbortController().signal,
  ): Promise<FinishedRun> {
    const events: RunEvent[] = [];
    const hooks = { onSecret: () => {}, ask: () => Promise.reject(new Error("nobody to ask")) };
    const exitCode = await runPlaybooks(
      { ...defaults, cwd: this.folder, playbooks: [playbook], ...options },
      (event) => events.push(event),
      signal,
      hooks,
    );
    return new FinishedRun(exitCode, events);
  }
}

const defaults: Omit<RunOptions, "cwd" | "playbooks"> = {
  isCheck: false,
  wantsDiff: false,
  tags: [],
  skipTags: [],
  isStep: false,
  forceHandlers: false,
  flushCache: false,
  connection: {},
  become: { isOn: false },
  inventory: [],
  limit: [],
  extraVars: [],
  vault: { ids: [], passwordFiles: [], asked: [] },
  verbosity: 0,
};

export type HostResult = Extract<RunEvent, { type: "host_result" }>;

/** What a run came to. */
export class FinishedRun {
  readonly exitCode: number;
  readonly events: readonly RunEvent[];

  constructor(exitCode: number, events: readonly RunEvent[]) {
    this.exitCode = exitCode;
    this.events = events;
  }

  /** Results of a host by task name. */
  results(host: string): ReadonlyMap<string, HostResult> {
    const names = new Map(
      this.events.flatMap((event) => (event.type === "task_start" ? [[event.task.id, event.task.name]] : [])),
    );
    return new Map(
      this.events.flatMap((event) =>
        event.type === "host_result" && event.host === host ? [[names.get(event.task) ?? event.task, event]] : [],
      ),
    );
  }

  /** `changed` of the recap, by host. */
  get changed(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.#recap()).map(([host, counts]) => [host, counts.changed]));
  }

  /** The failures, for assertion messages. */
  get failures(): string {
    return this.events
      .flatMap((event) =>
        event.type === "host_result" && (event.status === "failed" || event.status === "unreachable")
          ? [`${event.host}: ${JSON.stringify(event.result)} ${event.error?.at ?? ""}`]
          : [],
      )
      .join("\n");
  }

  #recap(): Extract<RunEvent, { type: "run_end" }>["recap"] {
    const end = this.events.find((event) => event.type === "run_end");
    if (end?.type !== "run_end") throw new Error("the run did not end");
    return end.recap;
  }
}
