import type { ListedPlaybook, RunHooks, RunOptions } from "../project/options.ts";
import type { EventSink } from "../run/events.ts";
import type { Arguments, CliContext, CommandBody, OptionGroup } from "./command.ts";
import {
  BECOME_OPTIONS,
  CONNECTION_OPTIONS,
  HOST_OPTIONS,
  OUTPUT_OPTIONS,
  VARIABLE_OPTIONS,
} from "./common-options.ts";
import { warnings } from "./configuration.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { EXIT } from "./exit-codes.ts";
import { listingText } from "./listing.ts";
import { ask } from "./prompt.ts";
import { writeRetryFile } from "./retry-file.ts";
import { runOptions } from "./run-options.ts";
import { runWithReport } from "./run-with-report.ts";

/** The part of `run/` that this command drives. */
export interface PlaybookRunner {
  /** Exit code of the run. Throws what is wrong with the project before any host is touched. */
  runPlaybooks(options: RunOptions, sink: EventSink, signal: AbortSignal, hooks: RunHooks): Promise<number>;
  /** Checks everything that can be checked without a host; throws all that is wrong. */
  checkPlaybooks(options: RunOptions, hooks: RunHooks, warn: (warning: TemplateWarning) => void): Promise<void>;
  listPlaybooks(options: RunOptions, hooks: RunHooks): Promise<readonly ListedPlaybook[]>;
}

const PLAY_OPTIONS: OptionGroup = {
  title: "What to run",
  options: [
    { name: "tags", short: "t", type: "values", metavar: "TAGS", summary: "Only tasks with one of these tags: `a,b`" },
    { name: "skip-tags", type: "values", metavar: "TAGS", summary: "No tasks with one of these tags" },
    { name: "check", short: "C", type: "flag", summary: "Change nothing; say what would change" },
    { name: "diff", short: "D", type: "flag", summary: "Show the lines that change in files" },
    { name: "start-at-task", type: "value", metavar: "NAME", summary: "Begin with the task of this name" },
    { name: "step", type: "flag", summary: "Ask before each task" },
    { name: "forks", short: "f", type: "value", metavar: "N", summary: "Hosts at a time" },
    {
      name: "workers",
      type: "value",
      metavar: "N",
      summary: "Processes that hold the connections, for hundreds of hosts",
    },
    { name: "force-handlers", type: "flag", summary: "Run notified handlers even on hosts where a task failed" },
    { name: "flush-cache", type: "flag", summary: "Forget the facts of earlier runs" },
  ],
};

const LIST_OPTIONS: OptionGroup = {
  title: "Without touching a host",
  options: [
    { name: "syntax-check", type: "flag", summary: "Check playbooks, roles, modules and their arguments" },
    { name: "list-hosts", type: "flag", summary: "List the hosts of each play" },
    { name: "list-tasks", type: "flag", summary: "List the tasks that would run" },
    { name: "list-tags", type: "flag", summary: "List the tags there are" },
  ],
};

/** `tsrun playbook`. The runner is a parameter so that tests can drive the command without hosts. */
export function createPlaybookCommand(loadRunner: () => Promise<PlaybookRunner>): CommandBody {
  return {
    usage: "FILE... [options]",
    positionals: { what: "a playbook", min: 1, max: Number.POSITIVE_INFINITY },
    groups: [
      PLAY_OPTIONS,
      HOST_OPTIONS,
      VARIABLE_OPTIONS,
      BECOME_OPTIONS,
      CONNECTION_OPTIONS,
      LIST_OPTIONS,
      OUTPUT_OPTIONS,
    ],
    examples: [
      ["tsrun playbook site.yaml", "The project's playbooks/site.yaml on its inventory"],
      ["tsrun playbook site.yaml -l web1 -t nginx", "One host, tasks tagged nginx"],
      ["tsrun playbook site.yaml --check --diff", "What would change, line by line"],
      ["tsrun playbook site.yaml --output json | jq .type", "For programs"],
    ],
    run: async (args, context) => {
      const options = await runOptions(args, context);
      const runner = await loadRunner();
      if (isListing(args)) return list(options, args, context, runner);
      const secrets = [
        options.connection.password,
        options.become.password,
        ...options.vault.asked.map((v) => v.password),
      ];
      let retryFile: string | undefined;
      const code = await runWithReport(args, context, secrets, (sink, signal, hooks) =>
        runner.runPlaybooks(
          options,
          (event) => {
            sink(event);
            retryFile = writeRetryFile(event, options) ?? retryFile;
          },
          signal,
          hooks,
        ),
      );
      if (retryFile !== undefined) context.stderr.write(`to retry: --limit @${retryFile}\n`);
      return code;
    },
  };
}

/** `tsrun playbook FILE...` */
export const playbookCommand: CommandBody = createPlaybookCommand(() => import("../run/run-playbooks.ts"));

function isListing(args: Arguments): boolean {
  return LIST_OPTIONS.options.some((option) => args.has(option.name));
}

async function list(
  options: RunOptions,
  args: Arguments,
  context: CliContext,
  runner: PlaybookRunner,
): Promise<number> {
  const hooks: RunHooks = { onSecret: () => {}, ask: (question) => ask(question, context) };
  if (args.has("syntax-check")) {
    await runner.checkPlaybooks(options, hooks, warnings(context));
    context.stdout.write(options.playbooks.map((path) => `\nplaybook: ${path}\n`).join(""));
    return EXIT.ok;
  }
  const wanted = { hosts: args.has("list-hosts"), tasks: args.has("list-tasks"), tags: args.has("list-tags") };
  context.stdout.write(listingText(await runner.listPlaybooks(options, hooks), wanted));
  return EXIT.ok;
}
