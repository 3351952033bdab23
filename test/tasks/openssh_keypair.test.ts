import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import openssh_keypair from "../../tasks/openssh_keypair.ts";
import { runLocally } from "./run-locally.ts";

describe("module: openssh_keypair", () => {
  let root: string;
  let path: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun key's-"));
    path = join(root, "id");
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const run = (raw: Record<string, unknown> = {}) => runLocally(openssh_keypair, { type: "ed25519", path, ...raw });
  const failure = (raw: Record<string, unknown>) => run(raw).then(() => "no failure", String);
  const mode = (name: string) => statSync(name).mode & 0o777;

  it("makes a pair once", async () => {
    const { changed, result } = await run({ comment: "it's mine" });
    expect([changed, mode(path), mode(`${path}.pub`)]).to.deep.equal([true, 0o600, 0o644]);
    expect(result).to.include({ size: 256, type: "ed25519", comment: "it's mine", filename: path });
    expect(`${String(result["public_key"])} it's mine\n`).to.equal(readFileSync(`${path}.pub`, "utf8"));
    expect(result["fingerprint"]).to.match(/^SHA256:/);
    expect((await run({ comment: "it's mine" })).changed).to.equal(false);
    expect((await run()).changed).to.equal(false);
  });

  it("writes the private key in the format that is wanted", async () => {
    await run({ type: "ecdsa", private_key_format: "pkcs8", backend: "cryptography" });
    expect(readFileSync(path, "utf8")).to.match(/^-----BEGIN PRIVATE KEY-----/);
    expect((await run({ type: "ecdsa", private_key_format: "pkcs8" })).changed).to.equal(false);
  });

  it("changes comment and mode without another key", async () => {
    const key = (await run()).result["fingerprint"];
    const { changed, result } = await run({ comment: "new", mode: "0640" });
    expect([changed, result["fingerprint"], result["comment"]]).to.deep.equal([true, key, "new"]);
    expect([mode(path), mode(`${path}.pub`)]).to.deep.equal([0o640, 0o640]);
    expect((await run({ comment: "new", mode: "0640" })).changed).to.equal(false);
  });

  it("replaces a key of another kind as far as it may", async () => {
    const key = (await run()).result["fingerprint"];
    const ecdsa = { type: "ecdsa", size: 384 };
    expect(await failure({ ...ecdsa, regenerate: "fail" })).to.include("wrong type and/or size");
    expect((await run({ ...ecdsa, regenerate: "never" })).changed).to.equal(false);
    const { result } = await run(ecdsa);
    expect(result).to.include({ size: 384 });
    expect(result["fingerprint"]).not.to.equal(key);
    expect((await run({ ...ecdsa, force: true })).changed).to.equal(true);
  });

  it("makes a lost public key anew, and does not touch what is no key", async () => {
    const { result } = await run({ comment: "" });
    rmSync(`${path}.pub`);
    expect((await run()).result["public_key"]).to.equal(result["public_key"]);
    writeFileSync(path, "nonsense");
    rmSync(`${path}.pub`);
    expect(await failure({})).to.include("Unable to read the key");
    expect((await run({ regenerate: "full_idempotence" })).changed).to.equal(true);
  });

  it("knows another key's public half beside it, also where others may read the key", async () => {
    const { result } = await run({ comment: "mine" });
    await run({ path: join(root, "other") });
    copyFileSync(join(root, "other.pub"), `${path}.pub`);
    chmodSync(path, 0o644);
    const again = await run({ mode: "0600" });
    expect([again.changed, again.result["public_key"], mode(path)]).to.deep.equal([true, result["public_key"], 0o600]);
    expect(again.result["comment"]).to.equal("mine");
    expect((await run()).changed).to.equal(false);
  });

  it("leaves a key with a passphrase that it was not told of", async () => {
    await run({ passphrase: "s3cret phrase" });
    expect(await failure({})).to.include("Unable to read the key");
    expect((await run({ passphrase: "s3cret phrase" })).changed).to.equal(false);
    await run({ path: join(root, "open") });
    expect(await failure({ path: join(root, "open"), passphrase: "s3cret phrase" })).to.include(
      "Unable to read the key",
    );
    expect((await run({ regenerate: "full_idempotence" })).changed).to.equal(true);
  });

  it("puts a passphrase on it that is on no command line", async () => {
    const { changes } = await run({ passphrase: "s3cret phrase" });
    expect(JSON.stringify(changes[0]?.steps)).not.to.include("s3cret");
    const open = (phrase: string) => execFileSync("ssh-keygen", ["-y", "-P", phrase, "-f", path], { stdio: "pipe" });
    expect(open("s3cret phrase").toString()).to.include("ssh-ed25519");
    expect(() => open("other")).to.throw("incorrect passphrase");
  });

  it("removes both, and does not write through a link", async () => {
    symlinkSync(join(root, "elsewhere"), path);
    await run();
    expect(existsSync(join(root, "elsewhere"))).to.equal(false);
    expect((await run({ state: "absent" })).changed).to.equal(true);
    expect([existsSync(path), existsSync(`${path}.pub`)]).to.deep.equal([false, false]);
    expect((await run({ state: "absent" })).changed).to.equal(false);
  });
});
