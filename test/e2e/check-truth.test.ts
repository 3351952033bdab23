import { cp, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { serveNomad } from "../stand-in-nomad/serve-nomad.ts";
import { useLab } from "./lab.ts";
import { type FinishedRun, TestProject } from "./run-tsrun.ts";

interface Play {
  readonly file: string;
  readonly hostBefore?: string;
  /** Tasks whose outcome check mode calls unknown on a fresh host: they depend on what a package brings. */
  readonly unknown: readonly string[];
}

const plays: readonly Play[] = [
  {
    file: "web-server.yaml",
    unknown: ["sites", "enabled sites", "no default site", "tokens off", "password file", "nginx runs", "reload nginx"],
  },
  {
    file: "database.yaml",
    // Its unit asks for a sandbox that a container cannot give.
    hostBefore: `mkdir -p /srv/archive /etc/systemd/system/redis-server.service.d; : >/srv/archive/Packages
printf '[Service]\nPrivateUsers=no\nPrivateDevices=no\nProtectHome=no\nReadWritePaths=\nReadWriteDirectories=\nProtectSystem=no\nPrivateTmp=no\nProtectKernelTunables=no\nProtectKernelModules=no\nProtectKernelLogs=no\nProtectControlGroups=no\nProtectHostname=no\nProtectClock=no\n' >/etc/systemd/system/redis-server.service.d/lab.conf`,
    unknown: [
      "redis settings",
      "redis snippet directory",
      "redis snippet",
      "redis runs",
      // What bears the name of a package may be the package's.
      "dumps",
      "dump job",
      "restart redis",
    ],
  },
  { file: "hardening.yaml", unknown: [] },
];

const siteUnknown = ["start Consul at boot", "start Consul", "unpack the binary", "put the binary in place"];
const checkout = fileURLToPath(new URL("../..", import.meta.url));

describe("check mode on a fresh host", function () {
  this.timeout(300_000);
  const lab = useLab({ hosts: 1 });
  const title = (file: string): string => `foretells ${file} task by task, and calls by name what it cannot know`;

  for (const { file, hostBefore, unknown } of plays) {
    it(title(file), async () => {
      await lab().reset("node1");
      if (hostBefore) await lab().root("node1", hostBefore);
      const project = await TestProject.create({ "inventory.yaml": await readFile(lab().inventoryPath, "utf8") });
      try {
        await cp(fileURLToPath(new URL("plays", import.meta.url)), project.folder, { recursive: true });
        await expectTruth(unknown, (isCheck) =>
          project.run(file, { inventory: ["inventory.yaml"], isCheck, wantsDiff: true }),
        );
      } finally {
        await project.remove();
      }
    });
  }

  it(title("site.yaml, Consul and Nomad on one host,"), async () => {
    await lab().reset("node1");
    await lab().allowBullseye("node1");
    const nomad = await serveNomad(lab().subnet.replace(/\.0\/\d+$/, ".1"), process.env["NOMAD_ZIP"]);
    const project = await TestProject.create({ "lab.yaml": await readFile(lab().inventoryPath, "utf8") });
    const one = { hosts: { node1: null } };
    const vars = {
      consul_install_method: "package",
      consul_datacenter: "dc1",
      consul_bind_address: "127.0.0.1",
      consul_client_address: "127.0.0.1",
      consul_encrypt_file: `${project.folder}/key`,
      nomad_datacenter: "dc1",
      nomad_install_method: "archive",
      nomad_release_url: nomad.url,
      nomad_version: nomad.versions[0],
      nomad_client_retry_join: ["127.0.0.1"],
    };
    await project.write(
      "groups.yaml",
      JSON.stringify({
        all: { vars },
        consul_servers: one,
        consul_clients: {},
        nomad_servers: one,
        nomad_clients: one,
      }),
    );
    try {
      const inventory = [`${project.folder}/lab.yaml`, `${project.folder}/groups.yaml`];
      await expectTruth(siteUnknown, (isCheck) =>
        project.run("playbooks/site.yaml", { cwd: checkout, inventory, limit: ["node1"], isCheck, wantsDiff: true }),
      );
    } finally {
      await project.remove();
      await nomad.close();
    }
  });
});

/** Checks, applies and applies again; `unknown`: what the check may not know. */
async function expectTruth(unknown: readonly string[], run: (isCheck: boolean) => Promise<FinishedRun>): Promise<void> {
  const [checked, applied] = [await run(true), await run(false)];
  expect(checked.failures, "the check").to.equal("");
  expect(applied.failures, "the run").to.equal("");
  const predictions = statuses(checked);
  const real = statuses(applied);
  const wrong = [...new Set([...predictions.keys(), ...real.keys()])].flatMap((task) => {
    const [predicted, happened] = [predictions.get(task), real.get(task)];
    return predicted === happened || predicted === "unknown" || isWait(task)
      ? []
      : [`${task}: ${predicted}, then ${happened}`];
  });
  expect(wrong).to.deep.equal([]);
  const open = [...predictions].filter(([, status]) => status === "unknown").map(([task]) => task);
  const reasons = open.map((task) => `${task}: ${JSON.stringify(checked.results("node1").get(task)?.result)}`);
  expect(unknown, reasons.join("\n")).to.have.members(open);
  const again = await run(false);
  expect([again.failures, again.changed]).to.deep.equal(["", { node1: 0 }]);
}

function statuses(run: FinishedRun): ReadonlyMap<string, string> {
  return new Map([...run.results("node1")].map(([task, { status }]) => [task, status]));
}

/** What only waits is skipped by a check. */
function isWait(task: string): boolean {
  return task.startsWith("wait until ");
}
