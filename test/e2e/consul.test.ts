import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { type NomadReleases, serveNomad } from "../stand-in-nomad/serve-nomad.ts";
import { ConsulLab, changedByHost, checkout, type PlaybookRun } from "./consul-lab.ts";

const servers = ["s1", "s2", "s3"];
const cluster = [...servers, "c1"];
const golden = join(checkout, "test/roles/golden/homelab");

describe("Consul and Nomad on real hosts", function () {
  this.timeout(600_000);
  let lab: ConsulLab;
  let nomad: NomadReleases;

  before(async () => {
    lab = await ConsulLab.up(cluster);
    nomad = await serveNomad(lab.gateway, process.env.NOMAD_ZIP);
  });

  after(async () => {
    await nomad?.close();
    await lab?.down();
  });

  /** What only a lab needs: Debian's Consul, Nomad from the test's own server, and a key file of the test's. */
  const labVars = (keyFile: string): Record<string, unknown> => ({
    consul_install_method: "package",
    consul_encrypt_file: join(lab.folder, keyFile),
    nomad_release_url: nomad.url,
    nomad_version: nomad.versions[0],
  });

  const expectSuccess = (run: PlaybookRun): void => {
    expect(run.exitCode, run.output).to.equal(0);
  };

  const expectNothingChanged = (run: PlaybookRun): void => {
    expectSuccess(run);
    expect(new Set(Object.values(changedByHost(run))), run.output).to.deep.equal(new Set([0]));
  };

  describe("the homelab: one node, everything on it", () => {
    // The lab host that plays the Pi, and a client of the cluster afterwards.
    const pi = "c1";
    let inventories: string[];
    let first: PlaybookRun;

    before(async () => {
      await lab.addAddress(pi, "192.168.1.2");
      const overlay = { all: { hosts: { pi: { ...lab.connection(pi), ...labVars("homelab.key") } } } };
      inventories = [join(checkout, "inventory.yaml"), await lab.inventory("homelab.yaml", overlay)];
      first = await lab.playbook(inventories, "site.yaml");
    });

    after(() => lab.reset(pi));

    it("runs", () => expectSuccess(first));

    for (const [path, file] of [
      ["/data/consul/consul.d", "server.json"],
      ["/etc/systemd/system", "consul.service"],
      ["/data/nomad/nomad.d", "server.hcl"],
      ["/data/nomad/nomad.d", "client.hcl"],
      ["/etc/systemd/system", "nomad.service"],
    ] as const) {
      it(`writes ${file} as the seed has it, byte for byte`, async () => {
        const written = await lab.on(pi, `base64 ${path}/${file}`);
        const text = Buffer.from(written, "base64").toString("latin1");
        const key = (await readFile(join(lab.folder, "homelab.key"), "latin1")).trim();
        expect(text.replace(key, "encryption-key-to-generate")).to.equal(await readFile(join(golden, file), "latin1"));
      });
    }

    it("makes a key of 32 bytes, keeps it for its owner only and never shows it", async () => {
      const path = join(lab.folder, "homelab.key");
      const key = (await readFile(path, "latin1")).trim();
      expect(Buffer.from(key, "base64")).to.have.length(32);
      expect((await stat(path)).mode & 0o777).to.equal(0o600);
      expect(first.output).not.to.include(key);
    });

    it("warns that Nomad looks for Consul where it does not listen", () => {
      expect(first.output).to.include("consul_client_address is 192.168.1.2: on 127.0.0.1 nothing answers");
      expect(first.output).to.include("nomad_consul_address is 127.0.0.1:8500");
    });

    it("has a leader of Consul and of Nomad", async () => {
      expect(await lab.on(pi, "curl -s http://192.168.1.2:8500/v1/status/leader")).to.equal('"127.0.0.1:8300"');
      expect(await lab.on(pi, "curl -s http://127.0.0.1:4646/v1/status/leader")).to.match(/^"[\d.]+:4647"$/);
    });

    it("changes nothing the second time, not even when it shows everything", async () => {
      const second = await lab.playbook(inventories, "site.yaml", ["-vvv", "--diff"]);
      expectNothingChanged(second);
      expect(second.output).not.to.include((await readFile(join(lab.folder, "homelab.key"), "latin1")).trim());
    });
  });

  describe("a cluster of three servers and a client", () => {
    let settings: Record<string, Record<string, unknown>>;

    const inventory = (): Promise<string> => {
      const group = (names: readonly string[]) => ({ hosts: Object.fromEntries(names.map((host) => [host, {}])) });
      const hosts = Object.fromEntries(cluster.map((host) => [host, { ...lab.connection(host), ...settings[host] }]));
      return lab.inventory("cluster.yaml", {
        all: {
          vars: { ...labVars("cluster.key"), consul_raft_multiplier: 1, consul_bind_address: "{{ ansible_host }}" },
          hosts,
          children: {
            consul_servers: group(servers),
            consul_clients: group(["c1"]),
            nomad_servers: group(servers),
            nomad_clients: group(["c1"]),
          },
        },
      });
    };

    const site = async (args: readonly string[] = []): Promise<PlaybookRun> =>
      lab.playbook([await inventory()], "site.yaml", args);

    const invocations = async (unit: string): Promise<Record<string, string>> =>
      Object.fromEntries(await Promise.all(cluster.map(async (host) => [host, await lab.invocation(host, unit)])));

    before(() => {
      settings = {};
    });

    it("forms: one leader for all, every member alive", async () => {
      expectSuccess(await site());
      const leaders = await Promise.all(
        cluster.map((host) => lab.on(host, "curl -s http://127.0.0.1:8500/v1/status/leader")),
      );
      expect(new Set(leaders)).to.have.length(1);
      expect(servers.map((host) => `"${lab.address(host)}:8300"`)).to.include(leaders[0]);
      const members = (await lab.on("c1", "consul members | tail -n +2")).split("\n").map((line) => line.split(/\s+/));
      expect(members.map(([host, , state, kind]) => [host, state, kind])).to.have.deep.members([
        ...servers.map((host) => [host, "alive", "server"]),
        ["c1", "alive", "client"],
      ]);
      const keys = await Promise.all(cluster.map((host) => lab.on(host, "cat /data/consul/data/serf/local.keyring")));
      expect(new Set(keys)).to.have.length(1);
    });

    it("changes nothing the second time", async () => expectNothingChanged(await site()));

    it("changes nothing on one host when only that host is asked for", async () => {
      expectNothingChanged(await site(["-l", "s2"]));
    });

    it("starts what was stopped, and nothing else", async () => {
      await lab.on("s2", "systemctl stop consul");
      await lab.on("c1", "systemctl stop nomad");
      const run = await site();
      expectSuccess(run);
      expect(changedByHost(run)).to.deep.equal({ s1: 0, s2: 1, s3: 0, c1: 1 });
      expect(await lab.on("s2", "systemctl is-active consul")).to.equal("active");
      expect(await lab.on("c1", "systemctl is-active nomad")).to.equal("active");
    });

    it("changes and restarts only the host whose settings were edited", async () => {
      const before = await invocations("consul");
      const nomadBefore = await invocations("nomad");
      settings = { s2: { consul_log_level: "debug" } };
      const run = await site();
      expectSuccess(run);
      expect(changedByHost(run)).to.deep.equal({ s1: 0, s2: 2, s3: 0, c1: 0 });
      const after = await invocations("consul");
      expect(cluster.filter((host) => before[host] !== after[host])).to.deep.equal(["s2"]);
      expect(await invocations("nomad")).to.deep.equal(nomadBefore);
      expectNothingChanged(await site());
    });

    it("keeps the old configuration when Consul refuses the new one, and says why", async () => {
      const running = await lab.on("s3", "sha256sum /data/consul/consul.d/server.json");
      settings = { ...settings, s3: { consul_config_custom: { no_such_setting: 1 } } };
      const run = await site(["-l", "s3"]);
      settings = { ...settings, s3: {} };
      expect(run.exitCode).to.equal(2);
      expect(run.output).to.include("invalid config key no_such_setting");
      expect(await lab.on("s3", "sha256sum /data/consul/consul.d/server.json")).to.equal(running);
      expectNothingChanged(await site());
    });

    it("makes good a restart that an interrupted run left undone", async () => {
      const before = await invocations("consul");
      await lab.on("s1", "touch /data/consul/consul.d/server.json");
      expectSuccess(await site());
      const after = await invocations("consul");
      expect(cluster.filter((host) => before[host] !== after[host])).to.deep.equal(["s1"]);
      expectNothingChanged(await site());
    });

    it("refuses a key that is not the one in use", async () => {
      const run = await site(["-l", "c1", "-e", `consul_encrypt=${Buffer.alloc(32, 7).toString("base64")}`]);
      expect(run.exitCode).to.equal(2);
      expect(run.output).to.include("holds another gossip key");
    });

    it("rolls a change over the servers, one at a time, the leader last, then the client", async () => {
      const [leader] = JSON.parse(await lab.on("s1", "curl -s http://127.0.0.1:8500/v1/status/leader")).split(":");
      const leadingHost = cluster.find((host) => lab.address(host) === leader);
      expectSuccess(await site(["-e", "consul_disable_update_check=true"]));
      // Containers share the kernel's clock.
      const show = "systemctl show --value -p ActiveEnterTimestampMonotonic consul";
      const started = await Promise.all(cluster.map(async (host) => ({ host, at: Number(await lab.on(host, show)) })));
      const order = started.toSorted((a, b) => a.at - b.at).map(({ host }) => host);
      expect(order.slice(2)).to.deep.equal([leadingHost, "c1"]);
      expect((await lab.on("c1", "consul members | grep -c alive")).trim()).to.equal("4");
    });

    it("upgrades Nomad by archive", async function () {
      const upgrade = nomad.versions[1];
      if (upgrade === undefined) return this.skip(); // NOMAD_ZIP is one version.
      expectSuccess(await site(["-e", `nomad_version=${upgrade}`]));
      for (const host of cluster)
        expect(await lab.on(host, "nomad version")).to.match(new RegExp(`^Nomad v${upgrade}`));
      expect(await lab.on("c1", "ls -d /var/tmp/nomad-* 2>/dev/null || true")).to.equal("");
    });
  });
});
