import type { RunHooks, RunOptions } from "../project/options.ts";
import { escapeLine } from "../report/escape-controls.ts";
import type { CommandBody } from "./command.ts";
import {
  BECOME_OPTIONS,
  CONNECTION_OPTIONS,
  HOST_OPTIONS,
  OUTPUT_OPTIONS,
  VARIABLE_OPTIONS,
} from "./common-options.ts";
import { EXIT } from "./exit-codes.ts";
import type { PlaybookRunner } from "./playbook.ts";
import { ask } from "./prompt.ts";
import { runOptions } from "./run-options.ts";
import { runWithReport } from "./run-with-report.ts";

/** Tests give another runner, so that they can drive the command without hosts. */
export function createAdHocCommand(loadRunner: () => Promise<PlaybookRunner>): CommandBody {
  return {
    usage: "PATTERN [-m MODULE] [-a ARGUMENTS] [options]",
    positionals: { what: "a host pattern", min: 1, max: 1 },
    groups: [
      {
        title: "What to run",
        options: [
          {
            name: "module-name",
            short: "m",
            type: "value",
            metavar: "MODULE",
            summary: "The module; command by default",
          },
          {
            name: "args",
            short: "a",
            type: "value",
            metavar: "ARGUMENTS",
            summary: "Its arguments: `k=v k2=v2`, a mapping as JSON or YAML, or a command line",
          },
          { name: "check", short: "C", type: "flag", summary: "Change nothing; say what would change" },
          { name: "diff", short: "D", type: "flag", summary: "Show the lines that change in files" },
          { name: "forks", short: "f", type: "value", metavar: "N", summary: "Hosts at a time" },
          { name: "list-hosts", type: "flag", summary: "Only list the hosts" },
        ],
      },
      HOST_OPTIONS,
      VARIABLE_OPTIONS,
      BECOME_OPTIONS,
      CONNECTION_OPTIONS,
      OUTPUT_OPTIONS,
    ],
    examples: [
      ["tsrun run all -a uptime", "A command on all hosts"],
      ["tsrun run web -b -m apt -a 'name=nginx state=latest'", "A module with its arguments, as root"],
      ["tsrun run web:!web3 -m setup -a filter=ansible_distribution*", "Some facts"],
      ["tsrun run db -b -m service -a 'name=postgresql state=restarted' -C", "What would change"],
    ],
    run: async (args, context) => {
      const adHoc = {
        pattern: args.positionals[0] as string,
        module: args.value("module-name") ?? "command",
        args: args.value("args") ?? "",
      };
      const options: RunOptions = { ...(await runOptions(args, context)), playbooks: [], adHoc };
      const runner = await loadRunner();
      if (args.has("list-hosts")) {
        const hooks: RunHooks = { onSecret: () => {}, ask: (question) => ask(question, context) };
        // Without `-a`, what would run is no matter.
        const pattern = { ...adHoc, module: "meta", args: "noop" };
        const listed = await runner.listPlaybooks({ ...options, adHoc: pattern }, hooks);
        const hosts = listed.flatMap(({ plays }) => plays.flatMap((play) => play.hosts));
        context.stdout.write(
          `  hosts (${hosts.length}):\n${hosts.map((host) => `    ${escapeLine(host)}\n`).join("")}`,
        );
        return EXIT.ok;
      }
      const { connection, become, vault } = options;
      const secrets = [connection.password, become.password, ...vault.asked.map(({ password }) => password)];
      return runWithReport(
        args,
        context,
        secrets,
        (sink, signal, hooks) => runner.runPlaybooks(options, sink, signal, hooks),
        "minimal",
      );
    },
  };
}

/** `tsrun run PATTERN` */
export const adHocCommand: CommandBody = createAdHocCommand(() => import("../run/run-playbooks.ts"));
