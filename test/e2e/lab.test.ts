import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { detectEngine, type Engine } from "../../src/lab/engine.ts";
import { labDown } from "../../src/lab/lab-down.ts";
import { labIdentity } from "../../src/lab/lab-identity.ts";
import { labReset } from "../../src/lab/lab-reset.ts";
import { labSsh } from "../../src/lab/lab-ssh.ts";
import { labStatus } from "../../src/lab/lab-status.ts";
import { labUp } from "../../src/lab/lab-up.ts";
import { type CommandResult, runCommand, runOrFail } from "../../src/lab/run-command.ts";
import { useLab } from "./lab.ts";

describe("lab", function () {
  this.timeout(15 * 60_000);
  let folder: string;
  let checkout: string;
  let engine: Engine;

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "tsrun-lab-test-")));
    checkout = join(folder, "my site");
    mkdirSync(checkout);
    engine = await detectEngine();
    await labUp({ checkout, hosts: 2 });
  });
  after(async () => {
    await labDown({ checkout });
    rmSync(folder, { recursive: true });
  });

  async function ssh(host: string, script: string, user?: string): Promise<CommandResult> {
    return runCommand(await labSsh({ checkout, user }, host, [script]), { timeoutMs: 120_000 });
  }

  function container(host: string): string {
    return `${labIdentity(checkout).id}-${host}`;
  }

  /** What the end of a session or a crash does: every process of the container dies, nobody tells the engine. */
  async function killProcesses(host: string): Promise<void> {
    const format = engine.name === "podman" ? "{{.State.ConmonPid}} {{.State.Pid}}" : "{{.State.Pid}}";
    const inspect = await runOrFail([...engine.command, "container", "inspect", "--format", format, container(host)]);
    for (const pid of inspect.stdout.trim().split(" ")) process.kill(Number(pid), "SIGKILL");
  }

  it("has hosts with systemd, sudo, names, and no Python", async () => {
    const { stdout } = await ssh(
      "node1",
      `id -un; hostname; sudo -n id -un; systemctl is-system-running; getent hosts node2 | cut -d" " -f1
       ping -c 1 -q node2 >/dev/null && echo reached; command -v python3 || echo none; cat /proc/1/comm`,
    );
    const [, node2] = (await labStatus({ checkout })).map(({ address }) => address);
    expect(stdout.split("\n")).to.deep.equal([
      "admin",
      "node1",
      "root",
      "running",
      node2,
      "reached",
      "none",
      "systemd",
      "",
    ]);
    expect((await ssh("node2", "id -un", "root")).stdout).to.equal("root\n");
  });

  it("pins the hosts' keys", async () => {
    const address = (await labStatus({ checkout }))[0]?.address;
    const scan = await runCommand(["ssh-keyscan", String(address)]);
    const known = readFileSync(join(checkout, ".tsrun/lab/default/known_hosts"), "utf8");
    const keys = scan.stdout.split("\n").filter((line) => line && !line.startsWith("#"));
    expect(keys).to.have.length(3);
    for (const key of keys) expect(known).to.include(key.split(" ").slice(1).join(" "));
    const blind = (await labSsh({ checkout }, "node1", ["true"])).map((word) =>
      word.startsWith("UserKnownHostsFile") ? "UserKnownHostsFile=/dev/null" : word,
    );
    const refused = await runCommand(blind);
    expect(refused).to.have.property("exitCode", 255);
    expect(refused.stderr).to.include("Host key verification failed");
  });

  it("writes an ssh_config that works in a folder with blanks", async () => {
    const config = join(checkout, ".tsrun/lab/default/ssh_config");
    expect((await runCommand(["ssh", "-F", config, "node2", "hostname"])).stdout).to.equal("node2\n");
  });

  it("reaches Debian's archive from inside", async () => {
    const result = await ssh("node1", "sudo apt-get update -q && sudo apt-get install -y -q tree && tree --version");
    expect(result.exitCode, result.stderr).to.equal(0);
    expect(result.stdout).to.match(/^tree v/m);
  });

  it("survives a reboot of a host", async () => {
    const before = (await ssh("node2", "sudo sh -c 'echo kept >/etc/kept'; cat /etc/machine-id; stat -c %Y /proc/1"))
      .stdout;
    await ssh("node2", "sudo systemctl reboot");
    const after = await eventually(async () => {
      const result = await ssh("node2", "cat /etc/kept && cat /etc/machine-id && stat -c %Y /proc/1");
      return result.stdout.startsWith("kept") ? result.stdout.slice("kept\n".length) : undefined;
    }, before);
    expect(after.split("\n")[0]).to.equal(before.split("\n")[0]);
    expect(after.split("\n")[1]).not.to.equal(before.split("\n")[1]);
  });

  it("changes nothing when it is up already", async () => {
    await ssh("node1", "touch mark");
    const events: string[] = [];
    await labUp({ checkout }, (event) => events.push(event.kind));
    expect(events).to.deep.equal([]);
    expect((await ssh("node1", "ls mark")).stdout).to.equal("mark\n");
  });

  it("resets one host without touching the others", async () => {
    await ssh("node1", "touch mark");
    await ssh("node2", "touch mark");
    await labReset({ checkout, hosts: ["node2"] });
    expect((await ssh("node1", "ls")).stdout).to.equal("mark\n");
    expect((await ssh("node2", "ls")).stdout).to.equal("");
    expect((await ssh("node1", "ping -c 1 -W 2 -q node2 >/dev/null && echo reached")).stdout).to.equal("reached\n");
  });

  it("grows and shrinks, and old hosts keep state and address", async () => {
    const grown = await labUp({ checkout, hosts: 3 });
    const shrunk = await labUp({ checkout, hosts: ["node1", "node3"] });
    expect(shrunk.hosts).to.deep.equal([grown.hosts[0], grown.hosts[2]]);
    expect((await ssh("node1", "ls mark")).stdout).to.equal("mark\n");
    const containers = await runOrFail([...engine.command, "ps", "-a", "--format", "{{.Names}}"]);
    expect(containers.stdout.split("\n")).not.to.include(container("node2"));
    await labUp({ checkout, hosts: 2 });
  });

  it("replaces hosts whose processes were killed behind the engine's back", async () => {
    await killProcesses("node2");
    expect((await labStatus({ checkout })).map(({ state }) => state)).to.deep.equal(["running", "dead"]);
    await labUp({ checkout });
    expect((await ssh("node2", "systemctl is-system-running")).stdout).to.equal("running\n");
    expect((await ssh("node1", "ls mark")).stdout).to.equal("mark\n");
  });

  it("starts over the leavings of a lab whose hosts all died and whose record is lost", async () => {
    for (const host of ["node1", "node2"]) await killProcesses(host);
    rmSync(join(checkout, ".tsrun"), { recursive: true });
    const lab = await labUp({ checkout, hosts: 2 });
    expect(lab.hosts).to.have.length(2);
    expect((await ssh("node1", "ping -c 1 -W 2 -q node2 >/dev/null && echo reached")).stdout).to.equal("reached\n");
  });

  it("does not meet the lab of the same name of another checkout", async () => {
    const other = join(folder, "other");
    mkdirSync(other);
    try {
      const [mine, theirs] = [await labUp({ checkout }), await labUp({ checkout: other, hosts: 1 })];
      expect(theirs.subnet).not.to.equal(mine.subnet);
    } finally {
      await labDown({ checkout: other });
    }
    expect((await labStatus({ checkout })).map(({ systemd }) => systemd)).to.deep.equal(["running", "running"]);
  });

  it("leaves only the image when it goes down", async () => {
    await labDown({ checkout });
    const { id, directory } = labIdentity(checkout);
    const left = await runOrFail([...engine.command, "ps", "-a", "--format", "{{.Names}}"]);
    const networks = await runOrFail([...engine.command, "network", "ls", "--format", "{{.Name}}"]);
    expect(left.stdout + networks.stdout).not.to.include(id);
    expect(existsSync(directory)).to.equal(false);
    expect(await labStatus({ checkout })).to.deep.equal([]);
    const images = await runOrFail([...engine.command, "images", "--format", "{{.Repository}}:{{.Tag}}"]);
    expect(images.stdout).to.include("localhost/tsrun-lab:debian-12-");
    await labDown({ checkout });
  });
});

describe("shared lab of the tests", function () {
  this.timeout(15 * 60_000);
  const lab = useLab();

  it("lets a Debian 12 host install consul from Debian 11 and nothing else", async () => {
    await lab().allowBullseye("node1");
    const policy = await lab().root("node1", "apt-cache policy consul sudo");
    const candidates = policy.match(/Candidate: .*/g);
    expect(candidates?.[0]).to.match(/^Candidate: 1\.8\.7/);
    expect(candidates?.[1]).to.include("1.9.13");
    await lab().root("node1", "DEBIAN_FRONTEND=noninteractive apt-get install -y -q consul");
    expect(await lab().root("node1", "consul version")).to.match(/^Consul v1\.8\.7/);
  });

  it("gives clean hosts again", async () => {
    await lab().reset("node1");
    expect((await lab().sh("node1", "command -v consul || echo none")).stdout).to.equal("none\n");
  });
});

/** Polls until there is a value other than the old one; at most a minute. */
async function eventually(attempt: () => Promise<string | undefined>, old: string): Promise<string> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const value = await attempt();
    if (value !== undefined && value !== old) return value;
  }
  throw new Error("expected a change within a minute, got none");
}
