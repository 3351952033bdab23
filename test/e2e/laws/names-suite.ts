import { expect } from "chai";
import { encodeBytes } from "../../../src/lib/bytes.ts";
import type { TestLab } from "../lab.ts";
import type { FinishedRun } from "../run-tsrun.ts";
import { LAWS, type LawHostKind, lawsRoot } from "./law.ts";
import { LawHost, type LawTask, within } from "./law-host.ts";
import { modulesOn, modulesUnderLaw } from "./modules.ts";

const canary = `${lawsRoot}/canary`;
const top = `${lawsRoot}/names`;

/** Names that break what pastes text into a shell, splits at blanks, reads options or decodes bytes. */
const anywhere: readonly string[] = [
  "two  blanks",
  "it's",
  '"quoted"',
  "line\nbreak",
  "-rf",
  "$(touch canary)",
  "back\\slash\\n",
  "é☃𝄞",
  // The byte 0xff, which is no UTF-8 (see src/lib/bytes.ts).
  "odd\udcff",
  " ends with a blank ",
];
const inShell: readonly string[] = ["--help", "`touch canary`", ";touch canary;", "*", "%s%n"];
/** Names that break what pastes text into SQL. */
const inSql: readonly string[] = ["back`tick`", "'; DROP TABLE x; --", ":USER", "%s%(x)s%L", "\\! touch canary"];

const twice = (task: LawTask): readonly LawTask[] => [task, { ...task, name: `${task.name} again` }];

/** Modules that read, or edit what is there: the file must exist. */
const needFile = new Set(["acl", "find", "slurp", "stat", "replace"]);

/** The names for the modules of a host. */
export function hostileNames(kind: LawHostKind): readonly string[] {
  return [...anywhere, ...(kind === "databases" ? inSql : inShell)];
}

/** Tests of paths and other names that look like something else. */
export function namesSuite(lab: () => TestLab, kind: LawHostKind): void {
  const names = hostileNames(kind);
  const withPaths = modulesOn(kind).filter(([, { at }]) => at !== undefined);
  const withNames = modulesOn(kind).filter(([, { named }]) => named !== undefined);
  let host: LawHost;

  before("the host", async () => {
    host = await LawHost.of(lab(), kind);
    await host.root(`rm -rf ${top} ${canary}; mkdir -p ${top}`);
  });
  afterEach(async () => {
    expect(await host.root(`find / -xdev -name canary`), "a name ran as a command").to.equal("");
  });

  describe("of paths", () => {
    let run: FinishedRun;
    const taskOf = (module: string, name: string): LawTask => {
      const directory = `${top}/${module}`;
      return {
        name: `${module} ${JSON.stringify(name)}`,
        module,
        args: modulesUnderLaw[module]?.at?.(`${directory}/${name}`) ?? {},
      };
    };

    before("run", async () => {
      const made = withPaths.map(([module]) => {
        const make = module === "find" ? 'mkdir "$n"; : >"$n/x"' : 'echo old >"$n"';
        const each = names.map(
          (name) =>
            `n=$(echo ${Buffer.from(encodeBytes(`./${name}`)).toString("base64")} | base64 -d; echo .); n=\${n%.}; ${make}`,
        );
        return `mkdir -p ${top}/${module}; cd ${top}/${module}\n${needFile.has(module) ? each.join("\n") : ""}`;
      });
      await host.root(made.join("\n"));
      const tasks = withPaths.flatMap(([module, { isEventAt }]) =>
        names.map((name) => taskOf(module, name)).flatMap((task) => (isEventAt ? [task] : twice(task))),
      );
      run = await host.run(tasks);
    });

    for (const [module, { exempt, isEventAt }] of withPaths) {
      it(`${module}: ${LAWS.names}`, async () => {
        const results = run.results("node1");
        for (const name of names) {
          const task = taskOf(module, name);
          const [one, two] = twice(task).map(({ name }) => results.get(name));
          const said = `${task.name}: ${JSON.stringify(one?.result).slice(0, 500)}`;
          expect(one?.status, said).to.equal(exempt?.diff === undefined ? "changed" : "ok");
          if (!isEventAt)
            expect(two?.status, `again: ${task.name}: ${JSON.stringify(two?.result).slice(0, 500)}`).to.equal("ok");
          if (module === "stat") expect(one?.result["stat"], said).to.include({ exists: true });
          if (module === "find") expect(one?.result["matched"], said).to.equal(1);
          if (module === "slurp") expect(one?.result["content"], said).to.equal("b2xkCg==");
        }
        const found = await host.root(
          `cd ${top}/${module} && find . -mindepth 1 -maxdepth 1 -printf '%f\\0' | base64 -w0`,
        );
        const bytes = names.map((name) => Buffer.from(encodeBytes(name)).toString("latin1"));
        // The public half of a key pair lies beside it.
        const paths = Buffer.from(found, "base64").toString("latin1").split("\0").slice(0, -1);
        expect(paths.filter((path) => !(path.endsWith(".pub") && paths.includes(path.slice(0, -4))))).to.have.members(
          bytes,
        );
      });
    }
  });

  describe("of other names", () => {
    let run: FinishedRun;
    const taskOf = (module: string, name: string): LawTask => ({
      name: `${module} ${JSON.stringify(name)}`,
      module,
      // By way of a variable: what is written in the playbook itself may be refused before any host is reached.
      args: within(modulesUnderLaw[module]?.named?.(`{{ hostile[${names.indexOf(name)}] }}`) ?? {}, `${top}/${module}`),
    });

    before("run", async () => {
      const before = withNames.map(([, { beforeNamed }]) => beforeNamed?.(names) ?? "");
      await host.root(`cd ${top}; mkdir -p ${withNames.map(([module]) => module).join(" ")}\n${before.join("\n")}`);
      const tasks = withNames.flatMap(([module]) => names.map((name) => taskOf(module, name)));
      run = await host.run(tasks.flatMap(twice), {}, { hostile: names });
    });

    for (const [module] of withNames) {
      it(`${module}: ${LAWS.names}`, () => {
        const results = run.results("node1");
        for (const name of names) {
          const task = taskOf(module, name);
          const [one, two] = twice(task).map(({ name }) => results.get(name));
          const isRefused = one?.result["failed"] === true;
          const said = `${task.name}: ${JSON.stringify(one?.result).slice(0, 400)} then ${JSON.stringify(two?.result).slice(0, 400)}`;
          if (isRefused) expect(two?.result["failed"], said).to.equal(true);
          else expect([one?.status, two?.status], said).to.deep.equal([one?.status === "ok" ? "ok" : "changed", "ok"]);
        }
      });
    }
  });
}
