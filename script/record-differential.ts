/**
 * Runs the cases of test/e2e/differential/cases with real Ansible (Debian: ansible-core 2.14) against a lab host that has Python, and writes
 * down what came of it. Modules outside of ansible.builtin need Debian's `ansible` package too, or ANSIBLE_COLLECTIONS_PATH; deb822_repository,
 * which came later, ANSIBLE_LIBRARY with a directory that has Debian 13's.
 *
 * usage: node --import tsx script/record-differential.ts [MODULE...]      those without a recording when none is named; --all for all
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { labDown } from "../src/lab/lab-down.ts";
import { labReset } from "../src/lab/lab-reset.ts";
import { labSsh } from "../src/lab/lab-ssh.ts";
import { labUp } from "../src/lab/lab-up.ts";
import { runCommand } from "../src/lab/run-command.ts";
import type { Happening } from "../test/conformance/transcript.ts";
import {
  type Answer,
  answersPath,
  answerResult,
  listModuleCases,
  playbookOf,
  taskName,
} from "../test/e2e/differential/differential-case.ts";
import { copyProjectFiles, makeBefore, readStates, setUpHost } from "../test/e2e/differential/differential-host.ts";
import { setUpDocker } from "../test/e2e/docker/docker-host.ts";
import { setUpConsul } from "../test/e2e/differential/consul-host.ts";
import { setUpRpm } from "../test/e2e/rpm-host.ts";
import { setUpDatabases } from "../test/e2e/databases/databases-host.ts";
import { runAnsible } from "./run-ansible.ts";

/**
 * What Ansible's modules need on the host and ours do not. modprobe wants to read a file that a kernel without modules does not have; it
 * is told of an empty one.
 */
const forAnsible = `apt-get -qq -y install --no-install-recommends python3-bcrypt python3-cryptography python3-debian python3-passlib >/dev/null
[ -e /proc/modules ] || cat >/usr/lib/python3/dist-packages/no_proc_modules.py <<'END'
import builtins
real = builtins.open
builtins.open = lambda path, *more, **named: real("/dev/null" if path == "/proc/modules" else path, *more, **named)
END
[ -e /proc/modules ] || echo import no_proc_modules >/usr/lib/python3/dist-packages/no_proc_modules.pth`;

const checkout = fileURLToPath(new URL("..", import.meta.url));
const name = `${process.env["TSRUN_TEST_LAB"] ?? "test"}-py`;
const named = process.argv.slice(2);
const modules = listModuleCases().filter((module) =>
  named.length === 0 ? !existsSync(answersPath(module)) : named.includes("--all") || named.includes(module.name),
);
const lab = await labUp({ checkout, name, hosts: 1, image: "debian-12", python: true });
const folder = await mkdtemp(join(tmpdir(), "tsrun-record-"));
try {
  // What an earlier recording left is no clean host.
  await labReset({ checkout, name });
  await setUpHost(onHost);
  await onHost(forAnsible);
  const needs = (host: string): boolean => modules.some((module) => module.host === host);
  if (needs("databases")) await setUpDatabases(onHost, ["python3-psycopg2", "python3-pymysql"]);
  if (needs("rpm")) {
    await setUpRpm(onHost);
    await onHost("apt-get -qq -y install --no-install-recommends python3-dnf python3-rpm >/dev/null");
  }
  if (needs("consul")) {
    await setUpConsul(onHost, lab.mirror);
    await onHost("apt-get -qq -y install --no-install-recommends python3-consul >/dev/null");
  }
  if (needs("docker")) await setUpDocker(onHost, ["python3-requests"]);
  await copyProjectFiles(folder);
  await writeFile(join(folder, "playbook.yaml"), playbookOf(modules));
  await makeBefore(onHost, modules);
  const first = await record();
  const states = await readStates(onHost, modules);
  const again = await record();
  for (const module of modules) {
    const answers = module.cases.map((one): [string, Answer] => {
      const task = taskName(module, one);
      const [found, repeated] = [first.get(task), again.get(task)];
      if (!found || !repeated) throw new Error(`no result of ${task}`);
      return [
        one.name,
        {
          outcome: found.status,
          again: repeated.status,
          state: states.get(task) ?? "",
          result: without(answerResult(module, one, found.result), { ...module.ignore, ...one.ignore }),
        },
      ];
    });
    await writeFile(answersPath(module), `${JSON.stringify(Object.fromEntries(answers), undefined, 1)}\n`);
    console.log(`${module.name}: ${answers.length} cases recorded`);
  }
} finally {
  await rm(folder, { recursive: true });
  if (!process.env["TSRUN_KEEP_LAB"]) await labDown({ checkout, name });
}

function without(result: Answer["result"], ignored: Readonly<Record<string, string>>): Answer["result"] {
  return Object.fromEntries(Object.entries(result).filter(([field]) => !Object.hasOwn(ignored, field)));
}

async function onHost(script: string): Promise<string> {
  const argv = await labSsh({ checkout, name, user: "root" }, "node1", ["sh -s"]);
  const { exitCode, stdout, stderr } = await runCommand(argv, { input: script, timeoutMs: 300_000 });
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return stdout;
}

type Result = Happening & { readonly event: "item" | "host" };

async function record(): Promise<ReadonlyMap<string, Result>> {
  const events = join(folder, "events.jsonl");
  await rm(events, { force: true });
  const variables = ["ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_LIBRARY"].map((name) => [name, process.env[name]] as const);
  const env = Object.fromEntries(variables.filter((entry): entry is [string, string] => entry[1] !== undefined));
  const { exitCode, stderr } = await runAnsible(["-i", lab.inventoryPath], folder, events, {
    timeoutMs: 1_800_000,
    env,
  });
  if (exitCode !== 0) throw new Error(`ansible-playbook ended with ${exitCode}: ${stderr}`);
  const lines = readFileSync(events, "utf8").split("\n").filter(Boolean);
  const results = lines
    .map((line) => JSON.parse(line) as Happening)
    .filter(({ event }) => event === "host") as Result[];
  return new Map(results.map((result) => [result.name, result]));
}
