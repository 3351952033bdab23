/**
 * Runs cases of test/conformance/cases with real Ansible (Debian: ansible-core 2.14) and writes down what happened.
 *
 * usage: node --import tsx script/record-conformance.ts [TOPIC/NAME...]      all cases without an expected.txt when none is named; --all for all
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mapLimit } from "../src/lib/map-limit.ts";
import { type Case, listCases, openWorkspace } from "../test/conformance/case.ts";
import { type Happening, transcript } from "../test/conformance/transcript.ts";

const plugins = fileURLToPath(new URL("record-conformance", import.meta.url));

const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: homedir(),
  LANG: "C.UTF-8",
  TZ: "UTC",
  PYTHONDONTWRITEBYTECODE: "1",
  ANSIBLE_CALLBACK_PLUGINS: plugins,
  ANSIBLE_STDOUT_CALLBACK: "transcript_events",
  // tsrun has the native types of Ansible 2.19 and later; without this 2.14 gives text.
  ANSIBLE_JINJA2_NATIVE: "True",
  // One after the other, so that every recording has one order.
  ANSIBLE_FORKS: "1",
  ANSIBLE_LOCALHOST_WARNING: "False",
  ANSIBLE_DEPRECATION_WARNINGS: "False",
};

async function record(one: Case): Promise<void> {
  const workspace = openWorkspace(one);
  const text: string[] = [];
  try {
    for (const run of one.runs) {
      const events = join(workspace.directory, "..", "events.jsonl");
      rmSync(events, { force: true });
      const { exitCode, stderr } = await ansible([...workspace.arguments, ...run], workspace.directory, events);
      const happenings = existsSync(events)
        ? readFileSync(events, "utf8")
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Happening)
        : [];
      if (run.length > 0 || one.runs.length > 1) text.push(`RUN ${run.join(" ")}\n`);
      text.push(workspace.normalize(transcript(happenings, one.isByHost)));
      const isRefused = !happenings.some(({ event }) => event === "recap" || event === "task");
      if (isRefused && exitCode !== 0) console.warn(`${one.name}: refused with ${exitCode}: ${stderr.trim()}`);
      text.push(isRefused && exitCode !== 0 ? "REFUSED\n" : `EXIT ${exitCode}\n`);
    }
    const files = workspace.files();
    if (files !== "") text.push("FILES\n", files);
    writeFileSync(join(one.directory, "expected.txt"), text.join(""));
  } finally {
    workspace.remove();
  }
}

function ansible(
  args: readonly string[],
  cwd: string,
  events: string,
): Promise<{ readonly exitCode: number | null; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("ansible-playbook", ["playbook.yaml", ...args], {
      cwd,
      env: { ...environment, TRANSCRIPT_EVENTS: events },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 120_000,
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stderr }));
  });
}

process.umask(0o022);
const named = process.argv.slice(2);
const wanted = listCases().filter((one) =>
  named.length === 0
    ? !existsSync(join(one.directory, "expected.txt"))
    : named.includes("--all") || named.some((name) => one.name === name || one.name.startsWith(`${name}/`)),
);
await mapLimit(wanted, 2, async (one) => {
  await record(one);
  console.log(`${one.name}: recorded`);
});
