import { readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { buildTar } from "../../src/lib/tar.ts";
import { exampleFiles, examplesPlaybook, type ModuleExample, moduleExamples } from "./examples-project.ts";
import { serveFiles } from "./host-web-server.ts";
import { useLab } from "./lab.ts";
import { type FinishedRun, TestProject } from "./run-tsrun.ts";

const needsConsul = "talks to Consul (consul.test.ts)";
const otherSystem = "for hosts that are no Debian";
const needsDatabase = "needs a server of databases (databases/databases.test.ts)";
const needsDocker = "needs an engine and a registry (docker/docker.test.ts)";
const outside = "fetches from the Internet";

/** Examples that are not run here, and why. All are checked (test/tasks/examples.test.ts). */
const apart: Readonly<Record<string, string>> = {
  "apache2_module: Rewriting": "needs Apache (laws/laws.test.ts)",
  "apk: Packages": otherSystem,
  "dnf: Packages": otherSystem,
  "pacman: Packages": otherSystem,
  "zypper: Packages": otherSystem,
  "apt: A version": "Debian 12 has no Consul",
  "apt_key: A key of a vendor": outside,
  "apt_repository: A vendor's archive": outside,
  "async_status: Wait for it": "a task before it starts the job",
  "authorized_key: One's own": "reads the author's own key",
  "consul_kv: A setting": needsConsul,
  "consul_kv: What it is": needsConsul,
  "deb822_repository: A vendor's archive with its key": outside,
  "docker_container: A command in a container of its own": needsDocker,
  "docker_container: A web server": needsDocker,
  "docker_container: No container": needsDocker,
  "docker_image: An image of a registry": needsDocker,
  "docker_image: An image that is built": needsDocker,
  "docker_image: Another name for it": needsDocker,
  "docker_image: No image": needsDocker,
  "docker_login: A registry": needsDocker,
  "docker_login: Not any more": needsDocker,
  "docker_network: A network": needsDocker,
  "docker_volume: A volume": needsDocker,
  "dpkg_selections: No upgrade of the kernel": "a container has no kernel package",
  "git: A release": outside,
  "include_role: One part of a role": "has results of what it includes alone",
  "include_tasks: By system": "has results of what it includes alone",
  "iptables: Nothing else": "would shut the test out",
  "meta: Run notified handlers now": "has no result",
  "modprobe: Now and at boot": "a container has the machine's kernel",
  "mysql_db: A database": needsDatabase,
  "mysql_db: A dump of it": needsDatabase,
  "mysql_query: A question": needsDatabase,
  "mysql_user: An account": needsDatabase,
  "mysql_user: No account": needsDatabase,
  "nomad_job: A job": "talks to Nomad",
  "nomad_job: No job": "talks to Nomad",
  "pause: A question": "asks somebody",
  "pause: Ten seconds": "takes ten seconds",
  "pip: In an environment of its own": outside,
  "postgresql_db: A database": needsDatabase,
  "postgresql_db: A dump of it": needsDatabase,
  "postgresql_ext: Cryptography": needsDatabase,
  "postgresql_privs: Everything in a database": needsDatabase,
  "postgresql_privs: May read a table": needsDatabase,
  "postgresql_query: A question": needsDatabase,
  "postgresql_user: A role": needsDatabase,
  "postgresql_user: No role": needsDatabase,
  "sysctl: Forward packets": "a container has the machine's kernel",
  "ufw: Nothing else": "would shut the test out",
  "uri: Wait for health": needsConsul,
  "wait_for: Until Consul listens": needsConsul,
};

const setUp = `set -e
apt-get -qq update; apt-get -qq -y install --no-install-recommends acl iptables locales ufw >/dev/null
useradd anna; useradd -r consul; mkdir -p /var/log/app /var/www /opt/app/bin /srv/data /etc/app/conf.d /srv/www; echo 'port=80' >/etc/app.conf; echo a=1 >/etc/app/conf.d/a.conf
printf '[server]\\nport=80\\n[client]\\nport=80\\n' >/etc/app.conf
echo ready >/var/log/app.log; echo 1 >/var/log/app/1.log; touch /opt/app/bin/app; echo x >/srv/www/consul.zip; (cd /srv/www; sha256sum consul.zip >SHA256SUMS); mkdir site; touch site/index.html; tar -C site -cf /root/site.tar index.html
touch /usr/bin/vim.basic /usr/bin/other; chmod 755 /usr/bin/vim.basic /usr/bin/other
update-alternatives --quiet --install /usr/bin/editor editor /usr/bin/vim.basic 10; update-alternatives --quiet --install /usr/bin/editor editor /usr/bin/other 20
printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/consul.service; systemctl daemon-reload
mkdir -p /run/sshd
${serveFiles("/srv/www", 8080)}`;

describe("examples of modules on a real host", function () {
  this.timeout(300_000);
  const lab = useLab({ hosts: 1 });
  let examples: readonly ModuleExample[];
  let [checked, applied]: FinishedRun[] = [];

  before("run them", async () => {
    examples = (await moduleExamples()).filter(({ title }) => !Object.hasOwn(apart, title));
    await lab().reset("node1");
    await lab().root("node1", setUp);
    const project = await TestProject.create({
      ...exampleFiles,
      "playbook.yaml": examplesPlaybook(examples),
      "inventory.yaml": `${await readFile(lab().inventoryPath, "utf8")}\nconsul_servers: {hosts: {node1: {}}}\n`,
    });
    const app = {
      path: "app/run",
      type: "file" as const,
      mode: 0o755,
      mtime: 1_700_000_000,
      content: Buffer.from("x"),
    };
    await writeFile(`${project.folder}/files/app.tar.gz`, gzipSync(buildTar([app])));
    try {
      checked = await project.run("playbook.yaml", { inventory: ["inventory.yaml"], isCheck: true });
      applied = await project.run("playbook.yaml", { inventory: ["inventory.yaml"] });
    } finally {
      await project.remove();
    }
  });

  it("do what they say", () => {
    const results = applied?.results("node1");
    const failed = examples.flatMap(({ title }) => {
      const found = results?.get(title);
      return found && found.result["failed"] !== true ? [] : [`${title}: ${JSON.stringify(found?.result)}`];
    });
    expect(failed).to.deep.equal([]);
  });

  it("are predicted by check mode, or called unknown", () => {
    const [before, after] = [checked?.results("node1"), applied?.results("node1")];
    const wrong = examples.flatMap(({ title }) => {
      const [predicted, real] = [before?.get(title)?.status, after?.get(title)?.status];
      const isFair = predicted === real || predicted === "unknown" || predicted === "skipped";
      return isFair
        ? []
        : [`${title}: ${predicted}, then ${real}: ${JSON.stringify(before?.get(title)?.result).slice(0, 300)}`];
    });
    expect(wrong).to.deep.equal([]);
  });
});
