import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  editKnownHosts,
  hashKnownHost,
  type KnownHost,
  matchesKnownHost,
  parseKnownHost,
} from "../../src/plan/edit-known-hosts.ts";
import known_hosts from "../../tasks/known_hosts.ts";
import { planModule } from "./plan-module.ts";
import { runLocally } from "./run-locally.ts";

const salt = Buffer.alloc(20, 7);
const hashed = `${hashKnownHost("web", salt)} ssh-ed25519 AAAA1`;
const parsed = (line: string) => parseKnownHost(line) as KnownHost;

describe("known hosts", () => {
  it("are found by name, pattern and hash", () => {
    const table: readonly [string, string, boolean][] = [
      ["web,10.0.0.1", "WEB", true],
      ["web,10.0.0.1", "web2", false],
      ["*.example.org,!bad.example.org", "a.example.org", true],
      ["*.example.org,!bad.example.org", "bad.example.org", false],
      ["[web]:2222", "[web]:2222", true],
      ["[web]:2222", "web", false],
      [hashKnownHost("web", salt), "web", true],
      [hashKnownHost("web", salt), "other", false],
    ];
    for (const [hosts, name, isMatch] of table)
      expect(matchesKnownHost(parsed(`${hosts} ssh-rsa AAAA`), name), `${hosts} ${name}`).to.equal(isMatch);
    for (const line of ["", "# web ssh-rsa AAAA", "web ssh-rsa"]) expect(parseKnownHost(line)).to.equal(undefined);
  });

  const wanted = "web ssh-ed25519 AAAA1";
  const cases: readonly [string, string, { key?: string; isPresent?: boolean }, string][] = [
    ["are added", "# c\nother ssh-rsa AAAA\n", { key: wanted }, `# c\nother ssh-rsa AAAA\n${wanted}\n`],
    ["stay as they are", `${wanted} a comment\nx\n`, { key: wanted }, `${wanted} a comment\nx\n`],
    [
      "give way to another key of the type",
      "web ssh-ed25519 OLD1\nweb ssh-rsa AAAA\nweb ssh-ed25519 OLD2\n",
      { key: wanted },
      `web ssh-rsa AAAA\n${wanted}\n`,
    ],
    ["keep the salt of a hashed name", `${hashed}\n`, { key: hashed.replace(/^\S+/, "|1|AA==|BB==") }, `${hashed}\n`],
    ["are written anew to be hashed", `${wanted}\n`, { key: hashed }, `${hashed}\n`],
    ["are removed by key", `${wanted}\nweb ssh-rsa AAAA\n`, { key: wanted, isPresent: false }, "web ssh-rsa AAAA\n"],
    [
      "are removed by name",
      `${wanted}\n${hashed}\n* ssh-rsa AAAA\n@cert-authority web ssh-rsa AAAA\n`,
      { isPresent: false },
      "* ssh-rsa AAAA\n@cert-authority web ssh-rsa AAAA\n",
    ],
  ];
  for (const [name, before, { key, isPresent = true }, after] of cases) {
    it(name, () => {
      const wish = { name: "web", key: key === undefined ? undefined : parsed(key), isPresent };
      expect(editKnownHosts(before, wish)).to.equal(after);
      expect(editKnownHosts(after, wish)).to.equal(after);
    });
  }
});

describe("module: known_hosts", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-known-"));
  });
  after(() => rmSync(root, { recursive: true }));

  it("writes a hashed name that ssh-keygen finds", async () => {
    const path = join(root, "hashed");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(root, "id")]);
    const key = `[git.example.org]:2222 ${readFileSync(join(root, "id.pub"), "utf8")}`;
    const raw = { name: "[git.example.org]:2222", key, path, hash_host: true };
    expect((await runLocally(known_hosts, raw)).changed).to.equal(true);
    expect(statSync(path).mode & 0o777).to.equal(0o644);
    expect(readFileSync(path, "utf8")).to.match(/^\|1\|/);
    const found = execFileSync("ssh-keygen", ["-F", "[git.example.org]:2222", "-f", path]).toString();
    expect(found).to.include("found: line 1");
    expect((await runLocally(known_hosts, raw)).changed).to.equal(false);
    expect((await runLocally(known_hosts, { name: "[git.example.org]:2222", path, state: "absent" })).changed).to.equal(
      true,
    );
    expect(readFileSync(path, "utf8")).to.equal("");
  });

  it("leaves a file without its last line break alone", async () => {
    const path = join(root, "open");
    writeFileSync(path, "web ssh-rsa AAAA");
    expect((await runLocally(known_hosts, { name: "web", key: "web ssh-rsa AAAA", path })).changed).to.equal(false);
  });

  it("refuses what is no key of the host", async () => {
    const failure = (raw: Record<string, unknown>) =>
      planModule(known_hosts, { name: "web", path: "/x", ...raw }).then(() => "no failure", String);
    expect(await failure({})).to.include("No key specified");
    expect(await failure({ key: "web ssh-rsa" })).to.include("invalid key specified");
    expect(await failure({ key: "other ssh-rsa AAAA" })).to.include("Host parameter does not match");
    expect(await failure({ key: "web ssh-rsa A\nweb ssh-rsa B" })).to.include("several lines");
    expect(await failure({ name: "a,b", key: "a,b ssh-rsa A" })).to.include("Comma separated");
  });
});
