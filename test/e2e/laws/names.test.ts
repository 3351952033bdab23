import { expect } from "chai";
import { encodeBytes } from "../../../src/lib/bytes.ts";
import { useLab } from "../lab.ts";
import type { FinishedRun } from "../run-tsrun.ts";
import { LAWS, lawsRoot } from "./law.ts";
import { LawHost, type LawTask, within } from "./law-host.ts";
import { modulesUnderLaw } from "./modules.ts";

const canary = `${lawsRoot}/canary`;
const top = `${lawsRoot}/names`;

/** Names that break what pastes text into a shell, splits at blanks, reads options or decodes bytes. */
const names: readonly string[] = [
  "two  blanks",
  "it's",
  '"quoted"',
  "line\nbreak",
  "-rf",
  "--help",
  "$(touch canary)",
  "`touch canary`",
  ";touch canary;",
  "back\\slash\\n",
  "*",
  "%s%n",
  "é☃𝄞",
  // The byte 0xff, which is no UTF-8 (see src/lib/bytes.ts).
  "odd\udcff",
  " ends with a blank ",
];

const twice = (task: LawTask): readonly LawTask[] => [task, { ...task, name: `${task.name} again` }];

/** Modules that read, or edit what is there: the file must exist. */
const needFile = new Set(["acl", "find", "slurp", "stat", "replace"]);

describe("laws", function () {
  this.timeout(300_000);
  const lab = useLab({ hosts: 1 });
  const withPaths = Object.entries(modulesUnderLaw).filter(([, { at }]) => at !== undefined);
  const withNames = Object.entries(modulesUnderLaw).filter(([, { named }]) => named !== undefined);
  let host: LawHost;

  before("the host", async () => {
    host = await LawHost.of(lab());
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
      const tasks = withPaths.flatMap(([module]) => names.map((name) => taskOf(module, name)));
      run = await host.run(tasks.flatMap(twice));
    });

    for (const [module, { exempt }] of withPaths) {
      it(`${module}: ${LAWS.names}`, async () => {
        const results = run.results("node1");
        for (const name of names) {
          const task = taskOf(module, name);
          const [one, two] = twice(task).map(({ name }) => results.get(name));
          const said = `${task.name}: ${JSON.stringify(one?.result).slice(0, 500)}`;
          expect(one?.status, said).to.equal(exempt?.diff === undefined ? "changed" : "ok");
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
      await host.root(`cd ${top}; mkdir -p ${withNames.map(([module]) => module).join(" ")}`);
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
});
