import { cp, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
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

describe("check mode on a fresh host", function () {
  this.timeout(300_000);
  const lab = useLab({ hosts: 1 });
  for (const { file, hostBefore, unknown } of plays) {
    it(`foretells ${file} task by task, and calls by name what it cannot know`, async () => {
      await lab().reset("node1");
      if (hostBefore) await lab().root("node1", hostBefore);
      const project = await TestProject.create({ "inventory.yaml": await readFile(lab().inventoryPath, "utf8") });
      try {
        await cp(fileURLToPath(new URL("plays", import.meta.url)), project.folder, { recursive: true });
        const run = (isCheck: boolean): Promise<FinishedRun> =>
          project.run(file, { inventory: ["inventory.yaml"], isCheck, wantsDiff: true });
        const [checked, applied] = [await run(true), await run(false)];
        expect(checked.failures, "the check").to.equal("");
        expect(applied.failures, "the run").to.equal("");
        const predictions = statuses(checked);
        const real = statuses(applied);
        const wrong = [...new Set([...predictions.keys(), ...real.keys()])].flatMap((task) => {
          const [predicted, happened] = [predictions.get(task), real.get(task)];
          return predicted === happened || predicted === "unknown" ? [] : [`${task}: ${predicted}, then ${happened}`];
        });
        expect(wrong).to.deep.equal([]);
        const open = [...predictions].filter(([, status]) => status === "unknown").map(([task]) => task);
        const reasons = open.map((task) => `${task}: ${JSON.stringify(checked.results("node1").get(task)?.result)}`);
        expect(unknown, reasons.join("\n")).to.have.members(open);
        const again = await run(false);
        expect([again.failures, again.changed]).to.deep.equal(["", { node1: 0 }]);
      } finally {
        await project.remove();
      }
    });
  }
});

function statuses(run: FinishedRun): ReadonlyMap<string, string> {
  return new Map([...run.results("node1")].map(([task, { status }]) => [task, status]));
}
