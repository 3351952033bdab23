import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  entriesFor,
  fingerprint,
  keyType,
  knownHostName,
  parseKnownHosts,
  verifyHostKey,
} from "../../src/transport/known-hosts.ts";
import { newKey } from "./ssh-server.ts";

const a = newKey();
const b = newKey();
const bytes = (key: typeof a) => key.key.getPublicSSH();
const judge = (text: string, name: string, key = a) =>
  verifyHostKey(parseKnownHosts(text, "known_hosts"), name, bytes(key)).kind;

describe("known_hosts", () => {
  it("finds a host by name, pattern, port and list", () => {
    for (const [hosts, name] of [
      ["web1", "web1"],
      ["db,web1,10.0.0.1", "10.0.0.1"],
      ["*.example.com", "a.example.com"],
      ["web?", "web1"],
      ["[web1]:2222", "[web1]:2222"],
      ["WEB1", "web1"],
    ] as const) {
      expect(judge(`${hosts} ${a.line}\n`, name), hosts).to.equal("known");
    }
  });

  it("does not find a host that is negated, on another port, or only alike", () => {
    for (const [hosts, name] of [
      ["*.example.com,!a.example.com", "a.example.com"],
      ["web1", "[web1]:2222"],
      ["web1", "web10"],
      ["we.1", "web1"],
    ] as const) {
      expect(judge(`${hosts} ${a.line}\n`, name), hosts).to.equal("unknown");
    }
  });

  it("reads hashed names as ssh-keygen writes them", () => {
    const directory = mkdtempSync(join(tmpdir(), "tsrun-test-known-"));
    const file = join(directory, "known_hosts");
    writeFileSync(file, `web1,[10.0.0.1]:2222 ${a.line}\n`);
    execFileSync("ssh-keygen", ["-H", "-f", file], { stdio: "ignore" });
    const hashed = readFileSync(file, "utf8");
    rmSync(directory, { recursive: true });
    expect(hashed).to.match(/^\|1\|/);
    expect(judge(hashed, "web1")).to.equal("known");
    expect(judge(hashed, "[10.0.0.1]:2222")).to.equal("known");
    expect(judge(hashed, "web2")).to.equal("unknown");
  });

  it("calls any other key of a known host changed, also one of another type", () => {
    expect(judge(`web1 ${b.line}\n`, "web1")).to.equal("changed");
    expect(judge("web1 ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ==\n", "web1")).to.equal("changed");
    expect(judge(`web1 ${b.line}\nweb1 ${a.line}\n`, "web1")).to.equal("known");
  });

  it("lets a revocation win over everything", () => {
    expect(judge(`web1 ${a.line}\n@revoked web1 ${a.line}\n`, "web1")).to.equal("revoked");
    expect(judge(`web1 ${a.line}\n@revoked web1 ${b.line}\n`, "web1")).to.equal("known");
  });

  it("does not take a certificate authority for a host's key", () => {
    expect(judge(`@cert-authority * ${a.line}\n`, "web1")).to.equal("unknown");
  });

  it("passes over comments, empty lines and lines that make no sense", () => {
    const entries = parseKnownHosts(`# x\n\nweb1\n@odd web1 ${a.line}\n  web1 ${a.line} comment here\n`, "f");
    expect(entries.map(({ line, hosts }) => [line, hosts])).to.deep.equal([[5, "web1"]]);
    expect(entriesFor(entries, "web1")).to.have.length(1);
  });

  it("names hosts, keys and fingerprints as OpenSSH does", () => {
    expect([knownHostName("Web1", 22), knownHostName("::1", 2222)]).to.deep.equal(["web1", "[::1]:2222"]);
    expect(keyType(bytes(a))).to.equal("ssh-ed25519");
    const printed = execFileSync("ssh-keygen", ["-l", "-f", "-"], { input: `${a.line}\n`, encoding: "utf8" });
    expect(printed).to.contain(fingerprint(bytes(a)));
  });
});
