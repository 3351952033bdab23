import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { decryptVault } from "../../../src/vault/cipher.ts";
import { parseYamlDocument } from "../../../src/yaml/parse-yaml.ts";
import { VaultText } from "../../../src/yaml/vault-text.ts";
import { type CommandResult, runMain, type RunMainOptions } from "../run-main.ts";

const program = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const plain = "db_password: s3cret\nünïcode: yes\n";

describe("tsrun vault", () => {
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrun-vault-test-"));
    put("pw", "horse\n");
    put("new", "battery\n");
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const get = (name: string): string => readFileSync(join(folder, name), "utf8");
  const run = (argv: readonly string[], options?: RunMainOptions): Promise<CommandResult> =>
    runMain(["vault", ...argv], folder, options);
  const opened = (name: string, password: string): string =>
    Buffer.from(decryptVault(get(name), [{ label: "default", password }]).bytes).toString();
  const encrypted = async (name: string, ...options: string[]): Promise<void> => {
    put(name, plain);
    expect(
      (await run(["encrypt", name, ...(options.length > 0 ? options : ["--vault-password-file", "pw"])])).exitCode,
    ).to.equal(0);
  };
  const leftovers = (): string[] =>
    ["/dev/shm", tmpdir()].flatMap((base) => readdirSync(base)).filter((name) => /^tsrun-vault-(?!test-)/.test(name));

  it("encrypts in place in format 1.1, or 1.2 with a label, and decrypts for the owner only", async () => {
    await encrypted("a.yaml");
    expect(get("a.yaml")).to.match(/^\$ANSIBLE_VAULT;1\.1;AES256\n[0-9a-f\n]+$/);
    await encrypted("b.yaml", "--vault-id", "prod@pw");
    expect(get("b.yaml")).to.match(/^\$ANSIBLE_VAULT;1\.2;AES256;prod\n/);
    expect((await run(["decrypt", "a.yaml", "b.yaml", "--vault-id", "prod@pw"])).exitCode).to.equal(0);
    expect([get("a.yaml"), get("b.yaml")]).to.deep.equal([plain, plain]);
    expect(statSync(join(folder, "a.yaml")).mode & 0o777).to.equal(0o600);
    expect(readdirSync(folder).sort()).to.deep.equal(["a.yaml", "b.yaml", "new", "pw"]);
  });

  it("reads and writes standard streams, and other files with --output", async () => {
    const { stdout } = await run(["encrypt", "--vault-password-file", "pw"], { input: plain });
    put("c.yaml", stdout);
    expect((await run(["view", "c.yaml", "--vault-password-file", "pw"])).stdout).to.equal(plain);
    await run(["decrypt", "c.yaml", "--output", "d.yaml", "--vault-password-file", "pw"]);
    expect([get("c.yaml"), get("d.yaml")]).to.deep.equal([stdout, plain]);
    expect(statSync(join(folder, "d.yaml")).mode & 0o777).to.equal(0o600);
  });

  it("edits with the editor and keeps label, mode and password", async () => {
    await encrypted("a.yaml", "--vault-id", "prod@pw");
    chmodSync(join(folder, "a.yaml"), 0o640);
    const result = await run(["edit", "a.yaml", "--vault-id", "other@pw"], { env: { EDITOR: "sed -i s/s3cret/n3w/" } });
    expect(result).to.deep.equal({ stdout: "", stderr: "", exitCode: 0 });
    expect(opened("a.yaml", "horse")).to.equal(plain.replace("s3cret", "n3w"));
    expect(get("a.yaml")).to.match(/^\$ANSIBLE_VAULT;1\.2;AES256;prod\n/);
    expect(statSync(join(folder, "a.yaml")).mode & 0o777).to.equal(0o640);
  });

  it("leaves the file byte for byte when nothing was changed, and when the editor fails", async () => {
    await encrypted("a.yaml");
    const before = get("a.yaml");
    expect((await run(["edit", "a.yaml", "--vault-password-file", "pw"], { env: { EDITOR: "true" } })).stderr).to.equal(
      "a.yaml: nothing was changed\n",
    );
    const failed = await run(["edit", "a.yaml", "--vault-password-file", "pw"], {
      env: { EDITOR: "echo x >>$1; false" },
    });
    expect(failed.exitCode).to.equal(1);
    expect(failed.stderr).to.contain("E_EDITOR").and.contain("nothing was saved");
    expect(get("a.yaml")).to.equal(before);
    expect(leftovers()).to.deep.equal([]);
  });

  it("creates a file with its directory, and refuses one that is there", async () => {
    const argv = ["create", "group_vars/all.yaml", "--vault-password-file", "pw"];
    expect((await run(argv, { env: { EDITOR: "printf 'a: 1\\n' >" } })).exitCode).to.equal(0);
    expect(opened("group_vars/all.yaml", "horse")).to.equal("a: 1\n");
    expect((await run(argv)).stderr)
      .to.contain("E_FILE_EXISTS")
      .and.contain("tsrun vault edit group_vars/all.yaml");
  });

  it("rekeys all files or none", async () => {
    await encrypted("a.yaml");
    await encrypted("b.yaml", "--vault-password-file", "new");
    const before = get("a.yaml");
    const argv = ["rekey", "a.yaml", "b.yaml", "--vault-password-file", "pw", "--new-vault-id", "next@new"];
    expect((await run(argv)).stderr)
      .to.contain("E_VAULT_PASSWORD")
      .and.contain("`b.yaml`");
    expect(get("a.yaml")).to.equal(before);
    expect((await run([...argv, "--vault-password-file", "new"])).exitCode).to.equal(0);
    for (const name of ["a.yaml", "b.yaml"]) {
      expect(opened(name, "battery")).to.equal(plain);
      expect(get(name)).to.match(/^\$ANSIBLE_VAULT;1\.2;AES256;next\n/);
    }
  });

  it("encrypts texts to values that a variables file takes", async () => {
    const { stdout } = await run(["encrypt-string", "-n", "one", "1", "-n", "two", "zwei ", "--vault-id", "prod@pw"]);
    const values = parseYamlDocument({ path: "v", text: stdout }) as Record<string, VaultText>;
    const texts = Object.entries(values).map(([name, value]) => {
      expect(value).to.be.instanceOf(VaultText);
      return [name, Buffer.from(decryptVault(value.ciphertext, [{ label: "x", password: "horse" }]).bytes).toString()];
    });
    expect(texts).to.deep.equal([
      ["one", "1"],
      ["two", "zwei "],
    ]);
    const piped = await run(["encrypt_string", "--stdin-name", "key", "--vault-password-file", "pw"], {
      input: "s3cret",
    });
    expect(piped.stdout).to.match(/^key: !vault \|\n {10}\$ANSIBLE_VAULT;1\.1;AES256\n( {10}[0-9a-f]+\n)+$/);
  });

  it("takes passwords from programs, which are told the vault id when they ask for it", async () => {
    put("pass-client.sh", '#!/bin/sh\necho "$1 $2"\n');
    chmodSync(join(folder, "pass-client.sh"), 0o700);
    await encrypted("a.yaml", "--vault-id", "dev@pass-client.sh");
    expect(opened("a.yaml", "--vault-id dev")).to.equal(plain);
  });

  it("asks which id to encrypt with when there are several", async () => {
    put("a.yaml", plain);
    const ids = ["--vault-id", "dev@pw", "--vault-id", "prod@new"];
    expect((await run(["encrypt", "a.yaml", ...ids])).stderr).to.contain(
      "expected one vault id to encrypt with, got `dev`, `prod`",
    );
    expect(get("a.yaml")).to.equal(plain);
    await run(["encrypt", "a.yaml", ...ids, "--encrypt-vault-id", "prod"]);
    expect(opened("a.yaml", "battery")).to.equal(plain);
  });

  it("takes password files, ids and the id to encrypt with from the configuration", async () => {
    put("ansible.cfg", "[defaults]\nvault_identity_list = dev@pw, prod@new\nvault_encrypt_identity = dev\n");
    put("a.yaml", plain);
    expect((await run(["encrypt", "a.yaml"])).stderr).to.equal("");
    expect(get("a.yaml")).to.match(/;dev\n/);
    expect((await run(["view", "a.yaml"])).stdout).to.equal(plain);
  });

  for (const [what, argv, expected] of [
    ["encrypting twice", ["encrypt", "v"], "E_VAULT_ENCRYPTED"],
    ["decrypting plain text", ["decrypt", "pw"], "E_VAULT_NOT_ENCRYPTED"],
    ["a wrong password", ["view", "v", "--vault-password-file", "new"], "E_VAULT_PASSWORD"],
    ["a missing file", ["view", "missing"], "E_FILE_NOT_FOUND"],
    ["a misspelt action", ["encrpyt", "v"], "did you mean `encrypt`?"],
    ["no file", ["edit"], "expected a file, got nothing"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await encrypted("v");
      const password = argv.includes("--vault-password-file" as never) ? [] : ["--vault-password-file", "pw"];
      const { exitCode, stderr } = await run([...argv, ...password]);
      expect(exitCode).to.equal(1);
      expect(stderr).to.contain(expected);
    });
  }

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`leaves nothing in the clear when ${signal} ends it while the editor is open`, async () => {
      await encrypted("a.yaml");
      put("editor.sh", 'echo "$1" >path.tmp; mv path.tmp path; exec sleep 30\n');
      const child = spawn(
        process.execPath,
        ["--import", import.meta.resolve("tsx"), program, "vault", "edit", "a.yaml", "--vault-password-file", "pw"],
        {
          cwd: folder,
          env: { ...process.env, EDITOR: "sh editor.sh" },
          stdio: "ignore",
          detached: true,
        },
      );
      const ended = once(child, "exit");
      try {
        while (!readdirSync(folder).includes("path")) await sleep(20);
        const path = get("path").trim();
        expect(readFileSync(path, "utf8")).to.equal(plain);
        expect(statSync(path).mode & 0o777).to.equal(0o600);
        expect(statSync(join(path, "..")).mode & 0o777).to.equal(0o700);
        child.kill(signal);
        expect((await ended)[0]).to.equal(signal === "SIGTERM" ? 99 : null);
        for (let waitMs = 0; statSync(path, { throwIfNoEntry: false }) && waitMs < 3000; waitMs += 20) await sleep(20);
        expect(leftovers()).to.deep.equal([]);
        expect(opened("a.yaml", "horse")).to.equal(plain);
      } finally {
        // The editor outlives a killed parent.
        if (child.pid !== undefined) {
          try {
            process.kill(-child.pid, "SIGKILL");
          } catch {
            // Ended already.
          }
        }
      }
    }).timeout(15_000);
  }

  describe("beside ansible-vault", () => {
    const ansible = (...argv: string[]): string => {
      const { stdout, stderr, status } = spawnSync("ansible-vault", argv, { cwd: folder, encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      return stdout;
    };

    before(function () {
      // Not on every developer's machine; fixtures made by it are in test/vault.
      if (spawnSync("ansible-vault", ["--version"]).error) this.skip();
    });

    it("writes what it reads", async () => {
      await encrypted("a.yaml", "--vault-id", "prod@pw");
      expect(ansible("view", "a.yaml", "--vault-id", "prod@pw")).to.equal(plain);
    }).timeout(20_000);

    it("reads and rekeys what it writes", async () => {
      put("a.yaml", plain);
      ansible("encrypt", "a.yaml", "--vault-id", "prod@pw");
      expect((await run(["view", "a.yaml", "--vault-password-file", "pw"])).stdout).to.equal(plain);
      await run(["rekey", "a.yaml", "--vault-id", "prod@pw", "--new-vault-password-file", "new"]);
      expect(ansible("view", "a.yaml", "--vault-password-file", "new")).to.equal(plain);
    }).timeout(20_000);
  });
});
