import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type CommandResult, runCommand } from "../../src/lab/run-command.ts";
import { serveNomad } from "./serve-nomad.ts";

const script = fileURLToPath(new URL("nomad.pl", import.meta.url));
const golden = fileURLToPath(new URL("../roles/golden/homelab", import.meta.url));

const standIn = (...args: string[]): Promise<CommandResult> => runCommand(["perl", script, ...args]);

describe("the stand-in for Nomad", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tsrun-nomad-"));
  });

  after(() => rm(folder, { recursive: true }));

  it("accepts the seed's configuration", async () => {
    const result = await standIn("config", "validate", golden);
    expect(result.stderr).to.equal("");
    expect(result.exitCode).to.equal(0);
  });

  for (const [what, text, complaint] of [
    ["half a configuration", "client {\n  enabled = true\n}\n", 'Must specify "data_dir"'],
    ["an unknown setting", 'data_dir = "/d"\nfoo = 1\n', "unexpected key foo"],
    ["an unknown block", 'data_dir = "/d"\nfoo {\n}\n', "unexpected block foo"],
    ["a block that is not closed", 'data_dir = "/d"\nserver {\n  enabled = true\n', "block server is not closed"],
    ["a quote that is not closed", 'data_dir = "/d\n', "cannot be read"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const file = join(folder, "wrong.hcl");
      await writeFile(file, text);
      const result = await standIn("config", "validate", file);
      expect(result.exitCode).to.equal(1);
      expect(result.stderr).to.include(complaint);
    });
  }

  it("is served like a release, with its checksums", async () => {
    const releases = await serveNomad("127.0.0.1");
    try {
      const base = `${releases.url}/nomad/${releases.versions[0]}/nomad_${releases.versions[0]}`;
      const sums = await (await fetch(`${base}_SHA256SUMS`)).text();
      expect(sums).to.match(/^[0-9a-f]{64} {2}nomad_1\.10\.1_linux_amd64\.zip$/m);
      const archive = join(folder, "nomad.zip");
      await writeFile(archive, Buffer.from(await (await fetch(`${base}_linux_amd64.zip`)).arrayBuffer()));
      const checked = await runCommand(["sha256sum", archive]);
      expect(sums).to.include(checked.stdout.split(" ")[0]);
      expect((await fetch(`${base}_linux_mips.zip`)).status).to.equal(404);
    } finally {
      await releases.close();
    }
  });
});
