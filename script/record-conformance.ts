/**
 * Runs cases of test/conformance/cases with real Ansible (Debian: ansible-core 2.14) and writes down what happened.
 *
 * usage: node --import tsx script/record-conformance.ts [TOPIC/NAME...]      all cases without an expected.txt when none is named; --all for all
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mapLimit } from "../src/lib/map-limit.ts";
import { type Case, listCases, openWorkspace } from "../test/conformance/case.ts";
import { runAnsible } from "./run-ansible.ts";
import { type Happening, transcript } from "../test/conformance/transcript.ts";

async function record(one: Case): Promise<void> {
  const workspace = openWorkspace(one);
  const text: string[] = [];
  try {
    for (const run of one.runs) {
      const events = join(workspace.directory, "..", "events.jsonl");
      rmSync(events, { force: true });
      const { exitCode, stderr } = await runAnsible([...workspace.arguments, ...run], workspace.directory, events);
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
