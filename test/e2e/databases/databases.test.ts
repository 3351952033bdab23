import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { runMain } from "../../cli/run-main.ts";
import { dumpSuite } from "./dump-suite.ts";
import { setUpDatabases } from "./databases-host.ts";
import { root } from "../differential/differential-case.ts";
import { differentialSuite } from "../differential/differential-suite.ts";
import { examplesPlaybook, type ModuleExample, moduleExamples } from "../examples-project.ts";
import { useLab } from "../lab.ts";
import { type LawTask, playbookOf } from "../laws/law-host.ts";
import { lawSuites } from "../laws/law-suites.ts";
import { hostileNames } from "../laws/names-suite.ts";
import { ProcessWatch } from "../process-watch.ts";
import { type FinishedRun, TestProject } from "../run-tsrun.ts";

const socket = "/run/mysqld/mysqld.sock";

describe("modules of databases", function () {
  this.timeout(300_000);
  const lab = useLab({ hosts: 1 });
  let project: TestProject;
  const onHost = (script: string): Promise<string> => lab().root("node1", script);

  before("servers", async () => {
    await lab().reset("node1");
    await setUpDatabases(onHost);
    project = await TestProject.create({
      "inventory.yaml": `${await readFile(lab().inventoryPath, "utf8")}\nconsul_servers: {hosts: {node1: {}}}\n`,
    });
  });
  after("the project", () => project.remove());

  const run = async (playbook: string, isCheck = false): Promise<FinishedRun> => {
    await project.write("playbook.yaml", playbook);
    return await project.run("playbook.yaml", { inventory: ["inventory.yaml"], isCheck, wantsDiff: true });
  };

  describe("do what Ansible's do", () => {
    differentialSuite(lab, "databases", async () => void (await onHost(`mkdir -p ${root}`)));
  });

  describe("as their pages show them", () => {
    let examples: readonly ModuleExample[];
    let [checked, applied, again]: FinishedRun[] = [];

    before("run the examples", async () => {
      examples = (await moduleExamples()).filter(({ module }) => /^(postgresql|mysql)_/.test(module));
      await onHost(`set -e; mkdir -p /var/backups/postgresql; chown postgres /var/backups/postgresql
q -c 'CREATE DATABASE shop' -c 'CREATE ROLE shop' -c 'CREATE ROLE shop_old'
q shop -c 'CREATE TABLE orders (state text)' -c 'CREATE TABLE customers ()'
mysql -e "CREATE DATABASE shop; CREATE TABLE shop.orders (state text); CREATE USER shop_old@'%'"`);
      checked = await run(examplesPlaybook(examples), true);
      applied = await run(examplesPlaybook(examples));
      again = await run(examplesPlaybook(examples));
    });

    it("succeed, and are predicted", () => {
      const [before, after] = [checked?.results("node1"), applied?.results("node1")];
      for (const { title } of examples) {
        const [predicted, real] = [before?.get(title), after?.get(title)];
        expect(real?.result["failed"], `${title}: ${JSON.stringify(real?.result)}`).not.to.equal(true);
        expect(predicted?.status, `${title}: ${JSON.stringify(predicted?.result)}`).to.be.oneOf([
          real?.status,
          "skipped",
        ]);
      }
    });

    it("change nothing again, but for dumps", () => {
      const changed = [...(again?.results("node1") ?? [])]
        .filter(([, { status }]) => status !== "ok")
        .map(([name]) => name);
      expect(changed).to.deep.equal(["mysql_db: A dump of it", "postgresql_db: A dump of it"]);
    });
  });

  describe("keep the laws", () => lawSuites(lab, "databases", 3));

  describe("when they dump", () => dumpSuite(lab));

  describe("after tests of names", () => {
    it("the servers have these names, and nothing ran", async () => {
      const plain = hostileNames("databases").filter((name) => !/[\ud800-\udfff]/.test(name.replaceAll("𝄞", "")));
      const listed = await onHost(
        `q -c "SELECT encode(convert_to(datname::text, 'UTF8'), 'hex') FROM pg_database"; mysql -Ne "SELECT HEX(SCHEMA_NAME) FROM information_schema.SCHEMATA"`,
      );
      const hex = listed.toLowerCase().split("\n");
      for (const name of plain) {
        const times = hex.filter((line) => line === Buffer.from(name).toString("hex")).length;
        expect(times, `as database of either: ${JSON.stringify(name)}`).to.be.greaterThanOrEqual(1);
      }
    });
  });

  it("tell no secret", async () => {
    const [login, made] = ["canary-login-x9", "canary-made-x9"];
    await onHost(`q -c "CREATE ROLE law SUPERUSER LOGIN PASSWORD '${login}'" -c "ALTER SYSTEM SET log_statement = 'all'" -c 'SELECT pg_reload_conf()' >/dev/null
mysql -e "CREATE USER law@localhost IDENTIFIED BY '${login}'; GRANT ALL ON *.* TO law@localhost WITH GRANT OPTION; SET GLOBAL general_log_file = '/var/log/mysql-law.log'; SET GLOBAL general_log = 1" 2>&1 || :`);
    const postgres = { db: "postgres", login_user: "law", login_password: login, login_host: "127.0.0.1" };
    const mysql = { login_user: "law", login_password: login, login_unix_socket: socket };
    const tasks: readonly LawTask[] = [
      { name: "role", module: "postgresql_user", args: { name: "law_made", password: made, ...postgres } },
      {
        name: "bad",
        module: "postgresql_user",
        args: { name: "law_bad", password: made, conn_limit: -9, ...postgres },
      },
      { name: "query", module: "postgresql_query", args: { query: "SELECT 1", ...postgres } },
      {
        name: "dump",
        module: "postgresql_db",
        args: { state: "dump", target: "/var/tmp/law.sql", ...postgres },
      },
      {
        name: "account",
        module: "mysql_user",
        args: { name: "law_made", password: made, priv: "law.*:ALL", ...mysql },
      },
      { name: "wrong", module: "mysql_user", args: { name: "law_bad", password: made, priv: "law.*:FLY", ...mysql } },
      { name: "sql", module: "mysql_query", args: { query: "SELECT 1", ...mysql } },
      {
        name: "save",
        module: "mysql_db",
        args: { name: "all", state: "dump", target: "/var/tmp/law.my.sql", ...mysql },
      },
    ];
    await project.write("secrets.yaml", playbookOf(tasks));
    const watch = await ProcessWatch.start([login, made]);
    const texts: string[] = [];
    for (const mode of [["--check"], []]) {
      const done = await runMain(
        ["playbook", "secrets.yaml", "-i", "inventory.yaml", "--diff", "-vvvv", ...mode],
        project.folder,
      );
      texts.push(done.stdout, done.stderr);
    }
    expect((await watch.stop()).seen, "command lines and environments").to.deep.equal([]);
    const output = texts.join("");
    expect(output.match(/^fatal: .*/gm), "the two that the servers refuse").to.have.length(2);
    const at = output.search(/canary-(login|made)/);
    expect(at < 0 ? "" : output.slice(at - 300, at + 100), "output").to.equal("");
    const left = await onHost(
      `journalctl --sync; grep -rlaE 'canary-(login|made)' /tmp /var/tmp /dev/shm /run /root /home /var/log /var/lib/postgresql; journalctl -q | grep -aE 'canary-(login|made)' | head -3; :`,
    );
    expect(left, "files left behind and logs").to.equal("");
  });
});
