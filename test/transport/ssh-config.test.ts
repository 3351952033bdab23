import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSettings } from "../../src/transport/connection-settings.ts";
import { optionsFor, parseSshConfig } from "../../src/transport/ssh-config-file.ts";
import { SshConfig } from "../../src/transport/ssh-config.ts";
import { parseSshArguments } from "../../src/transport/ssh-options.ts";
import { jumpSettings, resolveTarget } from "../../src/transport/ssh-target.ts";

const directory = mkdtempSync(join(tmpdir(), "tsrun-test-config-"));
const write = (name: string, text: string) => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const target = (vars: Record<string, unknown> & { ansible_ssh_common_args?: string }, config = "", name = "web1") => {
  const args = `${vars.ansible_ssh_common_args ?? ""} -F ${write("config", config)}`;
  const all: Record<string, unknown> = { ...vars, ansible_ssh_common_args: args };
  return resolveTarget(
    connectionSettings((variable) => all[variable], name),
    new SshConfig(),
  );
};

after(() => rmSync(directory, { recursive: true }));

describe("ssh_config", () => {
  it("takes the first value of a host's blocks, and all identity files", () => {
    const file = parseSshConfig(
      'Host web* !web9\n Port 2222\n IdentityFile ~/a\nhost *\n port=22\n IdentityFile "~/b c"\n User = jo\n',
    );
    const pairs = (host: string) => Object.fromEntries(optionsFor(file, host));
    expect(pairs("web1")).to.deep.equal({ port: ["2222", "22"], identityfile: ["~/a", "~/b c"], user: ["jo"] });
    expect(pairs("web9")).to.deep.equal({ port: ["22"], identityfile: ["~/b c"], user: ["jo"] });
  });

  it("follows Include, and keeps to the block that it stands in", async () => {
    write("more", "User included\nHost other\n Port 1\n");
    const text = `Host web*\n Include ${directory}/mor?\nHost *\n User outer\n`;
    expect((await target({}, text)).user).to.equal("included");
    expect(await target({}, text, "other")).to.include({ user: "outer", port: 22 });
  });

  it("leaves Match to ssh itself", async () => {
    const text = 'Match host web1 exec "true"\n Port 4711\n User matched\n';
    expect(await target({}, text)).to.include({ port: 4711, user: "matched" });
    expect((await target({}, text, "web2")).port).to.equal(22);
  });
});

describe("a target", () => {
  it("takes inventory variables over arguments over ssh_config over defaults", async () => {
    const config = "Host web1\n HostName real.example\n User config\n Port 3\n ConnectTimeout 7\n";
    expect(await target({}, config)).to.include({
      host: "real.example",
      user: "config",
      port: 3,
      connectTimeoutMs: 7000,
    });
    const args = { ansible_ssh_common_args: "-o User=args -p 5" };
    expect(await target(args, config)).to.include({ user: "args", port: 5 });
    expect(await target({ ...args, ansible_user: "vars", ansible_port: "7", ansible_timeout: 3 }, config)).to.include({
      user: "vars",
      port: 7,
      connectTimeoutMs: 3000,
    });
  });

  it("expands tokens in paths and refuses names that a ProxyCommand's shell could take for more", async () => {
    const config = "Host *\n IdentityFile ~/.ssh/%h_%r_%%\n UserKnownHostsFile ~/x /y/%p\n";
    const found = await target({ ansible_user: "jo" }, config);
    expect(found.identityFiles).to.deep.equal([`${homedir()}/.ssh/web1_jo_%`]);
    expect(found.knownHostsFiles.slice(0, 2)).to.deep.equal([`${homedir()}/x`, "/y/22"]);
    const proxied = "Host *\n ProxyCommand nc %h %p\n";
    expect((await target({}, proxied)).proxyCommand).to.equal("nc web1 22");
    for (const name of ["$(id)", "-oX", "a;b"]) {
      const error = await target({ ansible_host: name }, proxied).catch((thrown: unknown) => thrown);
      expect(error, name).to.include({ code: "E_CONNECTION_VARIABLE" });
    }
  });

  it("knows how strict to be", async () => {
    expect((await target({})).hostKeyChecking).to.equal("yes");
    expect((await target({ ansible_host_key_checking: false })).hostKeyChecking).to.equal("no");
    expect((await target({ ansible_ssh_common_args: "-o StrictHostKeyChecking=accept-new" })).hostKeyChecking).to.equal(
      "accept-new",
    );
    expect(
      (await target({ ansible_host_key_checking: "True" }, "StrictHostKeyChecking no\n")).hostKeyChecking,
    ).to.equal("yes");
  });

  it("reads bastions in every notation, without the target's password", async () => {
    const from = await target({ ansible_ssh_common_args: "-J jo@b1:2,b2", ansible_password: "s3cret" });
    expect(from.jumps).to.deep.equal(["jo@b1:2", "b2"]);
    expect(jumpSettings("jo@b1:2", from))
      .to.include({ user: "jo", host: "b1", port: 2 })
      .and.not.have.property("password");
    expect(jumpSettings("[::1]:22", from)).to.include({ host: "::1", port: 22 });
    expect(jumpSettings("ssh://x@y:5", from)).to.include({ user: "x", host: "y", port: 5 });
  });
});

describe("inventory variables", () => {
  const settings = (vars: Record<string, unknown>) => connectionSettings((name) => vars[name], "web1");

  it("are Ansible's, with their old names", () => {
    expect(
      settings({ ansible_ssh_host: "h", ansible_ssh_port: 5, ansible_ssh_user: "u", ansible_ssh_pass: "p" }),
    ).to.include({
      kind: "ssh",
      host: "h",
      port: 5,
      user: "u",
      password: "p",
    });
    expect(settings({ ansible_connection: "local" })).to.include({ kind: "local", host: "web1" });
  });

  it("are refused when they mean nothing", () => {
    expect(() => settings({ ansible_connection: "lokal" })).to.throw(
      "unknown connection `lokal`: expected ssh, openssh or local",
    );
    expect(() => settings({ ansible_port: "ssh" })).to.throw("`ansible_port`: expected a number, got `ssh`");
    expect(() => settings({ ansible_port: 70000 })).to.throw("expected a port");
    expect(() => settings({ ansible_host_key_checking: "maybe" })).to.throw("expected true, false or accept-new");
    expect(() => settings({ ansible_host: ["a"] })).to.throw("`ansible_host`: expected text");
  });

  it("hold arguments of ssh in every notation", () => {
    const options = parseSshArguments(
      `-o Port=1 -oUser=jo -o "ProxyCommand ssh -W '%h:%p' b" -i 'my key' -C -q -J a,b -4 -v`,
    );
    expect(Object.fromEntries(options)).to.deep.equal({
      port: ["1"],
      user: ["jo"],
      proxycommand: ["ssh -W '%h:%p' b"],
      identityfile: ["my key"],
      proxyjump: ["a,b"],
      addressfamily: ["inet"],
    });
    expect(() => parseSshArguments("-o 'User=jo")).to.throw("is not closed");
  });
});
