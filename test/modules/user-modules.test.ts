import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { type CommandResult, runMain } from "../cli/run-main.ts";

/** A resource module as a project's own: types, an interface and a relative import, none of which Node 20 could read. */
const greetingModule = `
import { create, change, defineTask, sh, TaskFailure, writeFile, z } from "tsrun";
import { fileContent } from "tsrun/state";
import { greet, type Greeting } from "./lib/greet.ts";

interface Wanted {
  readonly text: string;
}

export default defineTask({
  name: "greeting",
  summary: "Greets in a file",
  args: z.object({ path: z.string(), who: z.string().default("world"), mark: z.string().optional() }),
  observe: ({ path }) => ({ current: fileContent(path) }),
  plan({ path, who, mark }, { current }) {
    if (who === "nobody") throw new TaskFailure("nobody is there to be greeted");
    const greeting: Greeting = { who };
    const wanted: Wanted = { text: greet(greeting) };
    if (current?.text === wanted.text) return [];
    const steps = [writeFile({ path, content: Buffer.from(wanted.text) }), mark !== undefined && sh\`: >\${mark}\`];
    const after = { text: wanted.text };
    const diff = { before: current?.text ?? "", after: wanted.text };
    return [current ? change(fileContent(path), after, steps, { diff }) : create(fileContent(path), after, steps, { diff })];
  },
  result: ({ path }) => ({ path }),
});
`;

const greetFile = `
export type Greeting = { readonly who: string };
export const greet = ({ who }: Greeting): string => \`hello \${who}\\n\`;
`;

/** An action module that answers with a text of its own, to tell which of several files was taken. */
function saying(name: string, text: string): string {
  return `
import { defineAction, z } from "tsrun";
export default defineAction({
  name: "${name}", summary: "", args: z.object({}), runsOn: "controller", inCheckMode: "run",
  run: () => ({ msg: "${text}" }),
});
`;
}

const play = (tasks: string, roles = ""): string =>
  `- hosts: localhost\n  connection: local\n  gather_facts: false\n${roles}  tasks:\n${tasks}`;

describe("modules that users write", () => {
  let project: string;
  beforeEach(() => (project = mkdtempSync(join(tmpdir(), "tsrun-modules-"))));
  afterEach(() => rmSync(project, { recursive: true }));

  function write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(project, name)), { recursive: true });
      writeFileSync(join(project, name), text);
    }
  }

  function tsrun(...argv: readonly string[]): Promise<CommandResult> {
    return runMain(["playbook", "site.yaml", ...argv], project);
  }

  /** What a playbook with one task of this module says about a broken module file. */
  async function errorOf(files: Readonly<Record<string, string>>, name = "broken"): Promise<string> {
    write({ ...files, "site.yaml": play(`    - ${name}: {}\n`) });
    const { stdout, stderr, exitCode } = await tsrun();
    expect({ stdout, exitCode }).to.deep.equal({ stdout: "", exitCode: 1 });
    return stderr.replaceAll(`${project}/`, "");
  }

  it("run from a project's tasks/ without a build: checked, applied, verified, unchanged at the second time", async () => {
    const path = join(project, "greeting.txt");
    const task = `    - greeting:\n        path: ${path}\n        mark: "${project}/a 'mark'; $(x)"\n`;
    write({ "tasks/greeting.ts": greetingModule, "tasks/lib/greet.ts": greetFile, "site.yaml": play(task) });

    const checked = await tsrun("--check", "--diff");
    expect(checked.stdout).to.contain("changed=1").and.contain("+hello world");
    expect(() => readFileSync(path)).to.throw("ENOENT");

    const first = await tsrun();
    expect(first.stdout, first.stderr).to.contain("changed=1").and.contain("failed=0");
    expect(readFileSync(path, "utf8")).to.equal("hello world\n");
    expect(readFileSync(`${project}/a 'mark'; $(x)`, "utf8"), "the SDK's own sh quotes").to.equal("");
    expect((await tsrun()).stdout).to.contain("changed=0");
  });

  it("fail by the TaskFailure that they import, not as a bug", async () => {
    const task = `    - greeting: {path: ${project}/greeting.txt, who: nobody}\n`;
    write({ "tasks/greeting.ts": greetingModule, "tasks/lib/greet.ts": greetFile, "site.yaml": play(task) });
    const { stdout, exitCode } = await tsrun();
    expect(exitCode).to.equal(2);
    expect(stdout).to.contain("nobody is there to be greeted").and.not.contain("internal error");
  });

  it("have arguments that are checked before any host is touched", async () => {
    const task = `    - greeting:\n        path: /tmp/x\n        whom: world\n`;
    write({ "tasks/greeting.ts": greetingModule, "tasks/lib/greet.ts": greetFile, "site.yaml": play(task) });
    const { stderr, exitCode } = await tsrun();
    expect(exitCode).to.equal(1);
    expect(stderr)
      .to.match(/^error: unknown argument `whom` for module `greeting` +E_UNKNOWN_ARG\n/)
      .and.contain("site.yaml:7:9")
      .and.contain("did you mean `who`?");
  });

  it("are found in the role's library/, then in the project's tasks/, then among the built-in ones", async () => {
    write({
      "roles/polite/library/speak.ts": saying("speak", "by the role"),
      "roles/polite/tasks/main.yaml": "- speak: {}\n",
      "tasks/speak.ts": saying("speak", "by the project"),
      "tasks/ping.ts": saying("ping", "not the built-in ping"),
      "site.yaml": play("    - speak: {}\n    - ping: {}\n", "  roles: [polite]\n"),
    });
    const { stdout } = await tsrun("-v");
    const said = [...stdout.matchAll(/"msg": "([^"]+)"/g)].map((match) => match[1]);
    expect(said).to.deep.equal(["by the role", "by the project", "not the built-in ping"]);
  });

  describe("that cannot be loaded are an error before any host is touched, with its place", () => {
    it("for a syntax error", async () => {
      const text =
        'import { defineTask, z } from "tsrun";\n\nexport default defineTask({ name: "broken", args: z.object( });\n';
      expect(await errorOf({ "tasks/broken.ts": text })).to.match(
        /^error: cannot load module: Unexpected token +E_MODULE_LOAD\n *──▶ tasks\/broken.ts:3:61\n[^]*\n3 │ export default defineTask/,
      );
    });

    it("for a syntax error in a file that it imports", async () => {
      const stderr = await errorOf({
        "tasks/broken.ts": 'import { a } from "./lib/a.ts";\nexport default a;\n',
        "tasks/lib/a.ts": "// The first line is fine.\nexport const a = ;\n",
      });
      expect(stderr).to.match(/──▶ tasks\/lib\/a.ts:2:18\n/);
    });

    it("for an error that is thrown while it loads", async () => {
      const text =
        'interface A {\n  b: string;\n}\nfunction make(): A {\n  throw new Error("no such thing");\n}\nexport default make();\n';
      expect(await errorOf({ "tasks/broken.ts": text })).to.match(
        /^error: cannot load module: no such thing +E_MODULE_LOAD\n *──▶ tasks\/broken.ts:5:9\n/,
      );
    });

    it("for an error that tsrun throws on its behalf", async () => {
      const text = 'import { sh } from "tsrun";\n\nexport default sh`echo "${"inside"}"`;\n';
      expect(await errorOf({ "tasks/broken.ts": text })).to.match(
        /^error: cannot load module: sh: value 1 stands inside quotes[^\n]+\n *──▶ tasks\/broken.ts:3:\d+\n/,
      );
    });

    it("for a name that tsrun does not export", async () => {
      const text =
        'import { defineTsk, z } from "tsrun";\nexport default defineTsk({ name: "broken", args: z.object({}) });\n';
      expect(await errorOf({ "tasks/broken.ts": text })).to.equal(
        `${"error: cannot load module: `tsrun` exports no function `defineTsk`".padEnd(87)}E_MODULE_LOAD
 ──▶ tasks/broken.ts:1:10
  │
1 │ import { defineTsk, z } from "tsrun";
  │          ^^^^^^^^^  did you mean \`defineTask\`?
`,
      );
    });

    it("for an import of a file or package that is not there", async () => {
      expect(
        await errorOf({ "tasks/broken.ts": '// A comment.\nimport a from "./gone.ts";\nexport default a;\n' }),
      ).to.match(/no file or package `\.\/gone\.ts` +E_MODULE_LOAD\n *──▶ tasks\/broken.ts:2:15\n/);
      expect(await errorOf({ "tasks/broken.ts": 'import a from "@no/such-package/a";\nexport default a;\n' })).to.match(
        /──▶ tasks\/broken.ts:1:15\n[^]*npm install @no\/such-package\n/,
      );
    });

    it("for another default export, or none", async () => {
      expect(await errorOf({ "tasks/broken.ts": '// A comment.\nexport default { name: "broken" };\n' })).to.match(
        /^error: expected a module as default export +E_MODULE_SHAPE\n *──▶ tasks\/broken.ts:2:1\n/,
      );
      expect(await errorOf({ "tasks/broken.ts": "export const broken = 1;\n" })).to.match(/──▶ tasks\/broken.ts:1:1\n/);
    });

    it("in a role's library/ too", async () => {
      write({ "roles/r/library/broken.ts": "export default ;\n", "roles/r/tasks/main.yaml": "- broken: {}\n" });
      write({ "site.yaml": "- hosts: localhost\n  connection: local\n  roles: [r]\n" });
      const { stderr, exitCode } = await tsrun();
      expect(exitCode).to.equal(1);
      expect(stderr.replaceAll(`${project}/`, "")).to.contain("roles/r/library/broken.ts:1:16");
    });
  });
});
