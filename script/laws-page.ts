import { exemption, LAWS, type Law } from "../test/e2e/laws/law.ts";
import { modulesUnderLaw } from "../test/e2e/laws/modules.ts";

const laws = Object.keys(LAWS) as Law[];

const words: Readonly<Record<Law, readonly [heading: string, meaning: string]>> = {
  settled: ["settles", "applied again, it finds nothing to do (but for a dump, which is made each time)"],
  predicted: ["predicts", "`--check` says exactly what the real run then does"],
  checkWritesNothing: [
    "check is clean",
    "`--check` writes nothing: files, processes, units, mounts and kernel settings of the host are compared before and after",
  ],
  diff: ["diff", "`--diff` shows what was and what is, and `--check --diff` shows the same"],
  names: [
    "names",
    "names with blanks, quotes, line breaks, `$()`, leading dashes and bytes that are no text are taken exactly, or refused",
  ],
  planted: ["links", "run as root, it does not follow a link that another account planted in a directory of its own"],
  modes: ["modes", "no file is open wider at any moment than in the end"],
  secrets: ["secrets", "secrets are in no command line, no environment, no output, no journal and no file left behind"],
  cut: [
    "cuts",
    "a connection cut anywhere leaves the old state or the new, a rerun converges, and nothing is left behind",
  ],
};

/** The table of modules and laws as `docs/laws.md` shows it. */
export function lawsPage(): string {
  const reasons: string[] = [];
  const rows = Object.entries(modulesUnderLaw).map(([name, module]) => {
    const cells = laws.map((law) => {
      const reason = exemption(name, module, law);
      if (reason === undefined) return "✓";
      if (!reasons.includes(reason)) reasons.push(reason);
      return `${reasons.indexOf(reason) + 1}`;
    });
    return `| [${name}](modules/${name}.md) | ${cells.join(" | ")} |\n`;
  });
  return `<!-- Made by script/make-docs.ts from test/e2e/laws. -->

# What every module promises

Every module that describes a state keeps the same promises. Each ✓ is tested on a real host at every run of the tests
(\`test/e2e/laws\`); a number says why there is nothing to test.

${laws.map((law) => `- **${words[law][0]}**: ${words[law][1]}\n`).join("")}
| module | ${laws.map((law) => words[law][0]).join(" | ")} |
|---${"|---".repeat(laws.length)}|
${rows.join("")}
${reasons.map((reason, at) => `${at + 1}. ${reason}\n`).join("")}`;
}
