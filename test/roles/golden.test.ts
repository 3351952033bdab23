import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { runCommand } from "../../src/lab/run-command.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const golden = join(checkout, "test/roles/golden");

/** Files of a folder, by name. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "latin1")])),
  );
}

describe("the roles' files", function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tsrun-roles-"));
  });

  after(() => rm(folder, { recursive: true }));

  /** Renders the files of an inventory's hosts into folders of their names. */
  async function render(inventory: string, args: readonly string[] = []): Promise<void> {
    const main = join(checkout, "src/cli/main.ts");
    const playbook = [join(checkout, "test/roles/render.yaml"), "-i", join(checkout, inventory), "-e", `out=${folder}`];
    const argv = [process.execPath, "--import", "tsx", main, "playbook", ...playbook, ...args];
    const result = await runCommand(argv, { env: { NO_COLOR: "1" } });
    expect(result.exitCode, result.stdout + result.stderr).to.equal(0);
  }

  it("of the homelab are the seed's, byte for byte", async () => {
    await render("inventory.yaml");
    expect(await filesOf(join(folder, "pi"))).to.deep.equal(await filesOf(join(golden, "homelab")));
  });

  it("of a cluster are those that Ansible makes of the same roles", async () => {
    await render("playbooks/inventories/cluster.yaml", ["-e", "nomad_network_interface=eth0"]);
    for (const host of ["server-1", "client-1"]) {
      const { "consul.service": _consul, "nomad.service": _nomad, ...files } = await filesOf(join(folder, host));
      expect(files, host).to.deep.equal(await filesOf(join(golden, "cluster", host)));
    }
  });

  it("keep the service units of the homelab in a cluster, but for what the inventory sets", async () => {
    const homelab = await filesOf(join(golden, "homelab"));
    const server = await filesOf(join(folder, "server-1"));
    const client = await filesOf(join(folder, "client-1"));
    expect(server["consul.service"]).to.equal(
      homelab["consul.service"]?.replace("Restart=on-failure\n", "Restart=on-failure\nRestartSec=2\n"),
    );
    expect(client["consul.service"]).to.equal(server["consul.service"]?.replace("server.json", "client.json"));
    expect(client["nomad.service"]).to.equal(homelab["nomad.service"]);
  });
});
