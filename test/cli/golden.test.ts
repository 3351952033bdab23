import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { type CommandResult, runMain } from "./run-main.ts";

/**
 * Each file in golden/ is a project and what commands print in it, to the byte:
 *
 *     === inventory.yaml        a file of the project, up to the next heading
 *     === $ playbook site.yaml  a command's arguments, in sh's quoting without expansions
 *     --- stdout, --- stderr    what it printed; left out when it printed nothing
 *     --- exit 2
 *
 * UPDATE_GOLDEN=1 rewrites the files with what the commands print now.
 */
const folder = new URL("golden/", import.meta.url);

interface Section {
  readonly heading: string;
  readonly body: string;
}

function sections(text: string): Section[] {
  return text
    .split(/^=== /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf("\n");
      return { heading: section.slice(0, end), body: section.slice(end + 1) };
    });
}

function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

function transcript({ stdout, stderr, exitCode }: CommandResult): string {
  const part = (name: string, text: string): string => {
    if (text === "") return "";
    return text.endsWith("\n") ? `--- ${name}\n${text}` : `--- ${name} (no line break at the end)\n${text}\n`;
  };
  return `${part("stdout", stdout)}${part("stderr", stderr)}--- exit ${exitCode}\n\n`;
}

describe("command line", () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".txt"))) {
    const path = new URL(name, folder);
    const text = readFileSync(path, "utf8");
    const intro = text.slice(0, text.indexOf("=== "));
    let updated = intro;
    describe(name, () => {
      const project = mkdtempSync(join(tmpdir(), "tsrun-golden-"));
      after(() => {
        rmSync(project, { recursive: true });
        if (process.env.UPDATE_GOLDEN) writeFileSync(path, `${updated.trimEnd()}\n`);
      });
      for (const { heading, body } of sections(text)) {
        if (!/^\$(?: |$)/.test(heading)) {
          mkdirSync(dirname(join(project, heading)), { recursive: true });
          writeFileSync(join(project, heading), body);
          updated += `=== ${heading}\n${body}`;
          continue;
        }
        it(heading, async () => {
          const result = transcript(await runMain(words(heading.slice(1)), project));
          const actual = result.replaceAll(project, "/project");
          updated += `=== ${heading}\n${actual}`;
          if (!process.env.UPDATE_GOLDEN) expect(actual.trimEnd()).to.equal(body.trimEnd());
        });
      }
    });
  }
});
