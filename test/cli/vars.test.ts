import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { encryptVault } from "../../src/vault/cipher.ts";
import { runMain } from "./run-main.ts";

describe("tsrun vars", () => {
  it("never shows what a vault holds, alone or inside of other values", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tsrun-vars-"));
    try {
      const envelope = encryptVault(Buffer.from("hunter2!"), "horse").trimEnd().replaceAll("\n", "\n      ");
      writeFileSync(join(folder, "pw"), "horse\n");
      writeFileSync(
        join(folder, "inventory.yaml"),
        `all:\n  hosts: {web1: }\n  vars:\n    password: !vault |\n      ${envelope}\n    url: "db://x:{{ password }}@db"\n`,
      );
      for (const option of ["--explain", "--json"]) {
        const { stdout, exitCode } = await runMain(["vars", "web1", option, "--vault-password-file", "pw"], folder);
        expect(exitCode).to.equal(0);
        expect(stdout).to.contain("(secret)").and.contain("db://x:********@db").and.not.contain("hunter2");
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
