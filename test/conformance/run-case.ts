import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { playbookCommand } from "../../src/cli/playbook.ts";
import { reportError } from "../../src/cli/report-error.ts";
import { runOptions } from "../../src/cli/run-options.ts";
import type { RunHooks } from "../../src/project/options.ts";

import { createRedactor } from "../../src/report/redactor.ts";
import { createReport } from "../../src/report/report.ts";
import type { RunEvent, TaskLabel } from "../../src/run/events.ts";
import { runPlaybooks } from "../../src/run/run-playbooks.ts";
import { toText } from "../../src/template/python-repr.ts";
import { MemoryStream } from "../report/memory-stream.ts";
import { type Case, openWorkspace } from "./case.ts";
import { type Happening, transcript } from "./transcript.ts";

export interface CaseRun {
  /** In the form of a case's `expected.txt`. */
  readonly text: string;
  /** What tsrun printed, to find out why it differs. */
  readonly output: string;
}

/** Runs a case with tsrun inside this process: the command line, then everything behind it. */
export async function runCase(one: Case): Promise<CaseRun> {
  const workspace = openWorkspace(one);
  const [text, output]: [string[], string[]] = [[], []];
  try {
    for (const run of one.runs) {
      const happenings = new Translation();
      const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
      const argv = ["playbook.yaml", ...workspace.arguments, ...run];
      const stdin = Object.assign(Object.create(process.stdin) as NodeJS.ReadStream, { isTTY: false });
      const context = { argv, cwd: workspace.directory, env: { TERM: "dumb" }, stdin, stdout, stderr };
      const report = await createReport("plain", {
        stdout,
        stderr,
        verbosity: 0,
        hasColor: false,
        redactor: createRedactor(),
      });
      const sink = (event: RunEvent): void => {
        happenings.add(event);
        report.onEvent(event);
      };
      const exitCode = await parseArguments(command, argv)
        .then((args) => runOptions(args, context))
        .then((options) => runPlaybooks(options, sink, new AbortController().signal, hooks))
        .catch((thrown: unknown) => reportError(thrown, context));
      if (run.length > 0 || one.runs.length > 1) text.push(`RUN ${run.join(" ")}\n`);
      text.push(workspace.normalize(transcript(happenings.all, one.isByHost)));
      const isRefused = happenings.all.length === 0 && exitCode !== 0;
      text.push(isRefused ? "REFUSED\n" : `EXIT ${exitCode}\n`);
      output.push(stdout.plainText, stderr.plainText);
    }
    const files = workspace.files();
    if (files !== "") text.push("FILES\n", files);
    return { text: text.join(""), output: output.join("") };
  } finally {
    workspace.remove();
  }
}

const command = { ...playbookCommand, name: "playbook", summary: "" };

/** Nobody is at the terminal. */
const hooks: RunHooks = {
  onSecret: () => {},
  ask: ({ text, defaultAnswer }) =>
    defaultAnswer === undefined
      ? Promise.reject(new Error(`nobody to answer ${text}`))
      : Promise.resolve(defaultAnswer),
};

/** Events of tsrun in the words that they share with Ansible's. */
class Translation {
  readonly all: Happening[] = [];
  readonly #tasks = new Map<string, TaskLabel>();
  /** Of the task that was started last. */
  #module = "";

  add(event: RunEvent): void {
    const happening = this.#translate(event);
    if (happening) this.all.push(happening);
  }

  #translate(event: RunEvent): Happening | undefined {
    switch (event.type) {
      case "play_start":
        return { event: "play", name: event.name };
      case "play_skipped":
        this.all.push({ event: "play", name: event.name });
        return event.reason === "no hosts matched" ? { event: "note", text: event.reason } : undefined;
      case "task_start":
        this.#tasks.set(event.task.id, event.task);
        this.#module = event.task.module;
        return { event: "task", name: nameOf(event.task), isHandler: event.task.isHandler };
      case "included":
        // Ansible tells of files only.
        if (this.#module.endsWith("include_role")) return undefined;
        return { event: "included", file: event.file, hosts: event.hosts, label: event.item ?? null };
      case "retry":
        return { event: "retry", host: event.host, left: event.left };
      case "item_result":
      case "host_result":
        return this.#isInclude(event) ? undefined : this.#result(event);
      case "run_end": {
        const hosts = Object.fromEntries(Object.entries(event.recap).map(([host, recap]) => [host, { ...recap }]));
        return { event: "recap", hosts };
      }
      default:
        return undefined;
    }
  }

  /** Ansible tells of the files that are included, not of the include's items. */
  #isInclude(event: RunEvent & { readonly type: "item_result" | "host_result" }): boolean {
    return event.status === "ok" && /(^|\.)include_(tasks|role)$/.test(this.#tasks.get(event.task)?.module ?? "");
  }

  #result(event: RunEvent & { readonly type: "item_result" | "host_result" }): Happening {
    const task = this.#tasks.get(event.task) as TaskLabel;
    const isItem = event.type === "item_result";
    return {
      event: isItem ? "item" : "host",
      name: nameOf(task),
      module: task.module,
      host: event.host,
      status: !isItem && event.isIgnored ? "ignored" : event.status,
      label: isItem ? toText(event.item) : null,
      isLoop: !isItem && event.isLoop,
      delegated: !isItem && event.isLoop ? null : (event.delegatedTo ?? null),
      result: event.result,
      diff: event.diff ?? null,
    };
  }
}

function nameOf(task: TaskLabel): string {
  return task.role === undefined ? task.name : `${task.role} : ${task.name}`;
}
