/** What `tsrun new` writes. */
export interface NewFiles {
  /** Texts by path; none of them may be there already. */
  readonly files: Readonly<Record<string, string>>;
  /** Written only where they are missing. */
  readonly whereMissing: Readonly<Record<string, string>>;
  /** What to do next, for the terminal. */
  readonly next: string;
}

/** A resource module that works as it stands: it keeps settings, one file each. */
export function newResource(name: string, directory: string): NewFiles {
  return moduleFiles(name, directory, "name=color value=blue", {
    module: `import { change, create, defineTask, remove, sh, writeFile, z } from "tsrun";
import { fileContent } from "tsrun/state";

export default defineTask({
  name: "${name}",
  summary: "Keep a setting in /etc/${name}",
  // The types of these arguments flow into \`observe\`, \`plan\` and \`result\`; the texts become \`tsrun doc ${name}\`.
  args: z.object({
    name: z.string().regex(/^\\w[\\w.-]*$/).describe("Name of the setting"),
    value: z.string().default("").describe("Its value"),
    state: z.enum(["present", "absent"]).default("present").describe("Whether the setting should exist"),
  }),
  returns: { path: "The file that holds it" },
  examples: [{ name: "A setting", yaml: "${name}:\\n  name: color\\n  value: blue" }],

  // Which state to read. Nothing is read here: tsrun asks for many tasks at once.
  observe: ({ name }) => ({ current: fileContent(pathOf(name)) }),

  // What is and what should be, to changes. No I/O either, so that --check, --diff and the second run need no code of yours.
  plan({ name, value, state }, { current }) {
    const path = pathOf(name);
    const before = current?.text ?? "";
    if (state === "absent") {
      return current ? [remove(fileContent(path), sh\`rm -f -- \${path}\`, { diff: { before, after: "" } })] : [];
    }
    const text = \`\${value}\\n\`;
    if (current?.text === text) return [];
    const content = new TextEncoder().encode(text);
    const after = { size: content.length, text };
    const steps = [sh\`mkdir -p /etc/${name}\`, writeFile({ path, content })];
    const make = current ? change : create;
    // \`mayAlter\`: other kinds of state that look different afterwards.
    return [make(fileContent(path), after, steps, { diff: { before, after: text }, mayAlter: ["file"] })];
  },

  result: ({ name }) => ({ path: pathOf(name) }),
});

function pathOf(name: string): string {
  return \`/etc/${name}/\${name}\`;
}
`,
    test: `import assert from "node:assert/strict";
import { test } from "node:test";
import { fileContent } from "tsrun/state";
import { planModule } from "tsrun/testing";
import ${camelCase(name)} from "./${name}.ts";

// Arguments and what the host has, in; changes, out. No host is needed.
const path = "/etc/${name}/color";
const blue = { size: 5, text: "blue\\n" };

test("makes a setting that is missing", async () => {
  const { scripts, result, again } = await planModule(${camelCase(name)}, { name: "color", value: "blue" });
  assert.deepEqual(scripts, ["mkdir -p /etc/${name}", \`write \${path}\`]);
  assert.deepEqual(result, { path });
  assert.deepEqual(again(), [], "a second run changes nothing");
});

test("changes another value and shows the difference", async () => {
  const { changes } = await planModule(
    ${camelCase(name)},
    { name: "color", value: "red" },
    { host: [[fileContent(path), blue]] },
  );
  assert.equal(changes[0]?.action, "change");
  assert.deepEqual(changes[0]?.diff, { before: "blue\\n", after: "red\\n" });
});

test("leaves what is right, and removes what should not be there", async () => {
  const host = [[fileContent(path), blue]] as const;
  const right = await planModule(${camelCase(name)}, { name: "color", value: "blue" }, { host });
  assert.deepEqual(right.changes, []);
  const gone = await planModule(${camelCase(name)}, { name: "color", state: "absent" }, { host });
  assert.deepEqual(gone.scripts, [\`rm -f -- \${path}\`]);
});

test("refuses arguments that cannot be", async () => {
  await assert.rejects(planModule(${camelCase(name)}, { name: "../passwd" }), /name/);
});
`,
  });
}

/** An action module that works as it stands. */
export function newAction(name: string, directory: string): NewFiles {
  return moduleFiles(name, directory, "name=you", {
    module: `import { defineAction, sh, TaskFailure, z } from "tsrun";

export default defineAction({
  name: "${name}",
  summary: "Say hello on the host",
  args: z.object({
    name: z.string().describe("Whom to greet"),
  }),
  returns: { greeting: "What was said" },
  examples: [{ name: "Greet", yaml: "${name}:\\n  name: you" }],
  runsOn: "host",
  // Nothing is altered: what was read before stays valid, and it may run under --check.
  writes: false,
  inCheckMode: "run",
  async run({ name }, { host }) {
    const output = await host.execReadonly({ script: sh\`printf 'hello, %s\\n' \${name}\` });
    if (output.rc !== 0) throw new TaskFailure("could not say hello", { rc: output.rc, stderr: output.stderr });
    return { changed: false, greeting: output.stdout.trim() };
  },
});
`,
    test: `import assert from "node:assert/strict";
import { test } from "node:test";
import { runAction } from "tsrun/testing";
import ${camelCase(name)} from "./${name}.ts";

test("greets", async () => {
  const { result, scripts } = await runAction(${camelCase(name)}, { name: "you" }, { exec: () => ({ stdout: "hello, you\\n" }) });
  assert.deepEqual(result, { changed: false, greeting: "hello, you" });
  assert.deepEqual(scripts, ["printf 'hello, %s\\\\n' you"]);
});

test("fails with the host's own words", async () => {
  await assert.rejects(runAction(${camelCase(name)}, { name: "you" }, { exec: () => ({ rc: 1 }) }), /could not say hello/);
});
`,
  });
}

function moduleFiles(
  name: string,
  directory: string,
  args: string,
  texts: { readonly module: string; readonly test: string },
): NewFiles {
  return {
    files: { [`${directory}/${name}.ts`]: texts.module, [`${directory}/${name}.test.ts`]: texts.test },
    whereMissing: { "tsconfig.json": TSCONFIG, "package.json": PACKAGE },
    next: `read it:  tsrun doc ${name}
try it:   tsrun run localhost -m ${name} -a '${args}' --check --diff
test it:  npm install --save-dev tsrun tsx @types/node && npx tsx --test ${directory}/${name}.test.ts
`,
  };
}

function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true,
    "types": ["node"]
  },
  "include": ["tasks", "roles/*/library"]
}
`;

const PACKAGE = `{
  "private": true,
  "type": "module"
}
`;
