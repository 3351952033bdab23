import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { runMain } from "../../cli/run-main.ts";
import { setUpDatabases } from "./databases-host.ts";
import { root } from "../differential/differential-case.ts";
import { differentialSuite } from "../differential/differential-suite.ts";
import { examplesPlaybook, type ModuleExample, moduleExamples } from "../examples-project.ts";
import { useLab } from "../lab.ts";
import { type LawTask, playbookOf } from "../laws/law-host.ts";
import { ProcessWatch } from "../process-watch.ts";
import { type FinishedRun, TestProject } from "../run-tsrun.ts";

const socket = "/run/mysqld/mysqld.sock";

/** What all databases hold, and who may what. Times of dumps and random keys are left out. */
const picture = `{ pg_dumpall -U postgres; mysqldump --all-databases --skip-dump-date --system=users; } 2>&1 | grep -Ev '^(\\\\(un)?restrict|-- (Started|Completed|Dump completed))' | sha256sum`;

/** Names that break what pastes text into SQL or a shell. */
const names = [
  "two  blanks",
  "it's",
  '"quoted"',
  "back\\slash\\n",
  "back`tick`",
  "line\nbreak",
  "\\! touch /canary",
  "$(touch /canary)",
  "'; DROP TABLE x; --",
  ":USER",
  "%s%(x)s%L",
  "-rf",
  "é☃𝄞",
  "odd\udcff",
];

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
    let pictures: readonly string[];

    before("run the examples", async () => {
      examples = (await moduleExamples()).filter(({ module }) => /^(postgresql|mysql)_/.test(module));
      await onHost(`set -e; mkdir -p /var/backups/postgresql; chown postgres /var/backups/postgresql
q -c 'CREATE DATABASE shop' -c 'CREATE ROLE shop' -c 'CREATE ROLE shop_old'
q shop -c 'CREATE TABLE orders (state text)' -c 'CREATE TABLE customers ()'
mysql -e "CREATE DATABASE shop; CREATE TABLE shop.orders (state text); CREATE USER shop_old@'%'"`);
      const before = await onHost(picture);
      checked = await run(examplesPlaybook(examples), true);
      pictures = [before, await onHost(picture)];
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

    it("write nothing under check mode", () => {
      expect(pictures[0]).to.equal(pictures[1]);
    });

    it("change nothing again, but for dumps", () => {
      const changed = [...(again?.results("node1") ?? [])]
        .filter(([, { status }]) => status !== "ok")
        .map(([name]) => name);
      expect(changed).to.deep.equal(["mysql_db: A dump of it", "postgresql_db: A dump of it"]);
    });
  });

  it("take names exactly, or refuse them", async () => {
    const kinds: Readonly<Record<string, (name: string) => LawTask["args"]>> = {
      postgresql_db: (name) => ({ name, login_unix_socket: "/run/postgresql" }),
      postgresql_user: (name) => ({ name, password: "x", comment: name, login_unix_socket: "/run/postgresql" }),
      mysql_db: (name) => ({ name: [name], login_unix_socket: socket }),
      mysql_user: (name) => ({ name, password: name, login_unix_socket: socket }),
    };
    const tasks = Object.entries(kinds).flatMap(([module, args]) =>
      names.flatMap((name, at) =>
        ["", " again"].map(
          (turn): LawTask => ({
            name: `${module} ${JSON.stringify(name)}${turn}`,
            module,
            args: args(`{{ hostile[${at}] }}`),
          }),
        ),
      ),
    );
    const results = (await run(playbookOf(tasks, { hostile: names }))).results("node1");
    for (const module of Object.keys(kinds))
      for (const name of names) {
        const title = `${module} ${JSON.stringify(name)}`;
        const [one, two] = [results.get(title), results.get(`${title} again`)];
        const said = `${title}: ${JSON.stringify(one?.result).slice(0, 400)}`;
        if (one?.result["failed"] === true) expect(two?.result["failed"], said).to.equal(true);
        else expect([one?.status, two?.status], said).to.deep.equal(["changed", "ok"]);
      }
    const found = await onHost(
      "ls /canary 2>&1; q -c 'SELECT count(*) FROM pg_database' -c 'SELECT count(*) FROM pg_roles'; :",
    );
    expect(found).to.include("No such file");
    const plain = names.filter((name) => !/[\ud800-\udfff]/.test(name.replaceAll("𝄞", "")));
    const listed = await onHost(
      `q -c "SELECT encode(convert_to(datname::text, 'UTF8'), 'hex') FROM pg_database UNION ALL SELECT encode(convert_to(rolname::text, 'UTF8'), 'hex') FROM pg_roles"; mysql -Ne "SELECT HEX(SCHEMA_NAME) FROM information_schema.SCHEMATA UNION ALL SELECT HEX(User) FROM mysql.user"`,
    );
    const hex = listed.toLowerCase().split("\n");
    for (const name of plain) {
      const times = hex.filter((line) => line === Buffer.from(name).toString("hex")).length;
      expect(times, `as database and role of both: ${JSON.stringify(name)}`).to.be.greaterThanOrEqual(2);
    }
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
