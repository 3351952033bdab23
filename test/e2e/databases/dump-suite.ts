import { expect } from "chai";
import { CutProxy } from "../cut-proxy.ts";
import type { TestLab } from "../lab.ts";
import { LawHost } from "../laws/law-host.ts";

const socket = "/run/mysqld/mysqld.sock";
const own = "/srv/laws/dumps";

/** Each alone with its host, which are names of one machine: all wait for a locked table at once. */
const dumps: Readonly<Record<string, string>> = {
  plain: `postgresql_db: {name: law_dump, state: dump, target: ${own}/plain.sql}`,
  packed: `postgresql_db: {name: law_dump, state: dump, target: ${own}/packed.sql.gz}`,
  directory: `postgresql_db: {name: law_dump, state: dump, target: ${own}/directory.dir}`,
  mariadb: `mysql_db: {name: law_dump, state: dump, target: ${own}/mariadb.sql, login_unix_socket: ${socket}}`,
};

const playbook = `
- hosts: all
  become: true
  gather_facts: false
  strategy: free
  tasks:
${Object.entries(dumps)
  .map(([name, task]) => `    - {name: ${name}, when: inventory_hostname == '${name}', ${task}}\n`)
  .join("")}`;

const failing = `
- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: postgresql, postgresql_db: {name: law_dump, state: dump, target: ${own}/plain.sql, dump_extra_args: --lock-wait-timeout=100}, ignore_errors: true}
    - {name: directory, postgresql_db: {name: law_dump, state: dump, target: ${own}/directory.dir, dump_extra_args: --lock-wait-timeout=100}, ignore_errors: true}
    - {name: mariadb, mysql_db: {name: law_bad, state: dump, target: ${own}/mariadb.sql, login_unix_socket: ${socket}}, ignore_errors: true}
`;

const linked = `
- hosts: node1
  become: true
  gather_facts: false
  tasks:
    - {name: root's link, postgresql_db: {name: law_dump, state: dump, target: ${own}/latest.sql}}
    - {name: another's link, mysql_db: {name: law_dump, state: dump, target: ${own}/theirs/planted.sql, login_unix_socket: ${socket}}, ignore_errors: true}
    - {name: another's directory, postgresql_db: {name: law_dump, state: dump, target: ${own}/theirs/planted.dir}, ignore_errors: true}
    - {name: an empty directory, postgresql_db: {name: law_dump, state: dump, target: ${own}/empty.dir}}
    - {name: a full directory, postgresql_db: {name: law_dump, state: dump, target: ${own}/empty.dir}, ignore_errors: true}
`;

const old = `cd ${own}; for f in plain.sql packed.sql.gz mariadb.sql; do stat -c '%n %a' $f; cat $f; done; ls -A`;

/** Tests of what a dump leaves when it does not come to its end, and of links where it goes. */
export function dumpSuite(lab: () => TestLab): void {
  let host: LawHost;
  let before: string;

  beforeEach("old dumps, and tables that others hold", async () => {
    host = await LawHost.of(lab(), "databases");
    before = await host.root(`rm -rf ${own}; mkdir -p ${own}; cd ${own}
for f in plain.sql packed.sql.gz mariadb.sql; do echo old >$f; chmod 600 $f; done; ${old}`);
  });

  const lockTables = (): Promise<string> =>
    host.root(`systemd-run -q --unit law-lock-1 q law_dump -c 'BEGIN' -c 'LOCK TABLE t' -c 'SELECT pg_sleep(60)'
systemd-run -q --unit law-lock-2 mysql law_dump -e 'LOCK TABLES t WRITE; SELECT SLEEP(60)'
until q -c 'SELECT 1 FROM pg_locks WHERE granted AND mode = $$AccessExclusiveLock$$' | grep -q 1 && mysql -Ne 'SHOW OPEN TABLES WHERE In_use > 0' | grep -q law_dump; do sleep 0.05; done`);
  const unlockTables = (): Promise<string> =>
    host.root(`systemctl kill law-lock-1 law-lock-2
q -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'"
mysql -Ne "SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(60)'" | mysql; :`);

  it("leave the old one when the connection is cut meanwhile, and end", async () => {
    const proxy = await CutProxy.to(lab().hosts[0]?.address ?? "", 22);
    await lockTables();
    try {
      await host.project.write("dumps.yaml", playbook);
      const inventory = [await host.proxiedInventory(proxy.port, Object.keys(dumps))];
      const running = host.project.run("dumps.yaml", { inventory });
      await host.root(
        "for i in $(seq 200); do [ $(pgrep -xc pg_dump) = 3 ] && pgrep -x 'mysqldump|mariadb-dump' && exit 0; sleep 0.05; done; ps ax; exit 1",
      );
      proxy.close();
      expect((await running).exitCode).to.equal(4);
      const left = await host.root(
        `for i in $(seq 100); do pgrep -x 'pg_dump|mysqldump|mariadb-dump' >/dev/null || ls -A ${own} | grep tsrun || break; sleep 0.1; done; pgrep -ax 'pg_dump|mysqldump|mariadb-dump'; ${old}`,
      );
      expect(left).to.equal(before);
    } finally {
      proxy.close();
      await unlockTables();
    }
  });

  it("leave the old one when they fail", async () => {
    await lockTables();
    try {
      await host.root(
        "mysql -e 'CREATE DATABASE IF NOT EXISTS law_bad; USE law_bad; CREATE TABLE IF NOT EXISTS a (x int); CREATE TABLE b (x int); CREATE VIEW v AS SELECT * FROM b; DROP TABLE b'",
      );
      await host.project.write("dumps.yaml", failing);
      const results = (await host.project.run("dumps.yaml", { inventory: ["inventory.yaml"] })).results("node1");
      for (const [name, { result }] of results) expect(result["failed"], name).to.equal(true);
      expect([...results.keys()]).to.have.length(3);
      expect(await host.root(old)).to.equal(before);
    } finally {
      await unlockTables();
    }
  });

  it("follow root's links, not another's, and fill only empty directories", async () => {
    await host.root(`cd ${own}; echo old >real.sql; chmod 604 real.sql; ln -s real.sql latest.sql
mkdir theirs victim.dir; echo old >victim.sql; chmod 640 victim.sql; ln -s ../victim.sql theirs/planted.sql; ln -s ../victim.dir theirs/planted.dir
chown -hR mallory: theirs; mkdir empty.dir; chmod 750 empty.dir; chgrp daemon empty.dir`);
    await host.project.write("dumps.yaml", linked);
    const results = (await host.project.run("dumps.yaml", { inventory: ["inventory.yaml"] })).results("node1");
    const failed = [...results].filter(([, { result }]) => result["failed"] === true);
    expect(failed.map(([name]) => name)).to.deep.equal(["another's link", "another's directory", "a full directory"]);
    const found = await host.root(
      `cd ${own}; readlink latest.sql; stat -c '%n %a %G' real.sql victim.sql empty.dir; grep -c 'CREATE TABLE' real.sql; cat victim.sql; ls victim.dir; ls empty.dir | grep -c toc.dat; ls -A . theirs | grep tsrun; :`,
    );
    expect(found).to.equal("real.sql\nreal.sql 604 root\nvictim.sql 640 root\nempty.dir 750 daemon\n1\nold\n1\n");
  });
}
