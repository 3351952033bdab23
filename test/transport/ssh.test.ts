import { expect } from "chai";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fingerprint } from "../../src/transport/known-hosts.ts";
import { SshContext } from "../../src/transport/ssh-context.ts";
import { SshTransport } from "../../src/transport/ssh.ts";
import { errorOf } from "../host/support.ts";
import { makeKey, newKey, TestServer, type TestServerOptions } from "./ssh-server.ts";

let server: TestServer;
const started = async (options: TestServerOptions = {}, ...rest: Parameters<TestServer["start"]>) => {
  server = new TestServer({ password: "s3cret", ...options });
  return server.start(...rest);
};

describe("ssh: host keys", () => {
  afterEach(() => server.stop());

  it("connects to a known host", async () => {
    await started();
    const transport = server.transport({ password: "s3cret" });
    await transport.connect();
    const pipe = await transport.open(["cat"]);
    pipe.stdin.end("hello");
    const [chunk] = await pipe.stdout.take(1).toArray();
    expect(String(chunk)).to.equal("hello");
    await transport.close();
  });

  it("refuses an unknown key before any password is sent, and says how to accept it", async () => {
    await started();
    const file = server.file("empty", "");
    const error = await errorOf(server.transport({ password: "s3cret", knownHostsFiles: [file] }).connect());
    expect(error).to.include({ code: "E_HOST_KEY" });
    expect(error.message).to.match(/^web1 \(127\.0\.0\.1:\d+\): its host key ssh-ed25519 SHA256:\S+ is not known$/);
    expect(error.hint).to.contain(`ssh-keyscan -p ${server.port} -t ed25519 127.0.0.1 >> ${file}`);
    expect(server.passwords).to.deep.equal([]);
  });

  it("refuses a changed key with both fingerprints, file and line, and the command that removes it", async () => {
    await started();
    const other = newKey();
    const file = server.file("changed", `# comment\n[127.0.0.1]:${server.port} ${other.line}\n`);
    for (const hostKeyChecking of ["yes", "accept-new"] as const) {
      const error = await errorOf(
        server.transport({ password: "s3cret", knownHostsFiles: [file], hostKeyChecking }).connect(),
      );
      expect(error).to.include({ code: "E_HOST_KEY" });
      expect(error.message).to.contain(fingerprint(other.key.getPublicSSH()));
      expect(error.message).to.contain(`${file}:2`);
      expect(error.message.match(/SHA256:/g)).to.have.length(2);
      expect(error.hint).to.contain(`ssh-keygen -f ${file} -R '[127.0.0.1]:${server.port}'`);
    }
    expect(server.passwords).to.deep.equal([]);
  });

  it("refuses a revoked key even with checking for new ones", async () => {
    await started();
    const file = server.file("revoked", `@revoked * ${server.publicLine}\n`);
    const error = await errorOf(
      server.transport({ password: "s3cret", knownHostsFiles: [file], hostKeyChecking: "accept-new" }).connect(),
    );
    expect(error.message).to.contain(`is revoked in ${file}:1`);
  });

  it("remembers a new key when told to, and then knows it", async () => {
    await started();
    const file = server.file("new", "no newline at the end");
    const warnings: string[] = [];
    const settings = { password: "s3cret", knownHostsFiles: [file] };
    await server
      .transport({ ...settings, hostKeyChecking: "accept-new" }, { warn: (text) => warnings.push(text) })
      .connect();
    expect(readFileSync(file, "utf8")).to.equal(
      `no newline at the end\n[127.0.0.1]:${server.port} ${server.publicLine}\n`,
    );
    expect(warnings).to.have.length(1);
    await server.transport({ ...settings, hostKeyChecking: "yes" }).connect();
  });

  it("takes any key when checking is off, and says so each time", async () => {
    await started();
    const warnings: string[] = [];
    const settings = { password: "s3cret", knownHostsFiles: [server.file("none", "")], hostKeyChecking: "no" } as const;
    await server.transport(settings, { warn: (text) => warnings.push(text) }).connect();
    expect(warnings[0]).to.match(/^web1: host key checking is off/);
  });

  it("advises the system's ssh when a certificate authority vouches for the host", async () => {
    await started();
    const file = server.file("ca", `@cert-authority * ${newKey().line}\n`);
    const error = await errorOf(server.transport({ password: "s3cret", knownHostsFiles: [file] }).connect());
    expect(error.hint).to.equal("set `ansible_connection: openssh`");
  });
});

describe("ssh: logging in", () => {
  afterEach(() => server.stop());

  it("uses a key file, and lists what was tried when nothing works", async () => {
    const mine = newKey();
    await started({ authorized: [mine.key] });
    const good = server.file("good", mine.pem);
    const bad = server.file("bad", newKey().pem);
    await server.transport({ privateKeyFile: good }).connect();
    const error = await errorOf(server.transport({ privateKeyFile: bad, password: "wrong" }).connect());
    expect(error).to.include({ code: "E_AUTHENTICATION" });
    expect(error.message).to.match(
      new RegExp(`login refused: key ${bad} \\(ssh-ed25519 SHA256:\\S+\\): not accepted; password: not accepted`),
    );
    expect(error.message).to.contain("the server takes publickey, password");
    expect(server.connections).to.equal(2);
  });

  for (const [type, options] of [
    ["ed25519", {}],
    ["rsa", { bits: 2048 }],
    ["ecdsa", { bits: 256 }],
    ["ecdsa", { bits: 384 }],
    ["ecdsa", { bits: 521 }],
  ] as const) {
    it(`signs with a key of type ${[type, ...Object.values(options)].join(" ")}`, async () => {
      const { pem, key } = makeKey(type, options);
      await started({ authorized: [key] });
      await server.transport({ privateKeyFile: server.file("key", pem) }).connect();
    });
  }

  it("asks for the passphrase of an encrypted key once, and never without a person", async () => {
    const { pem, key } = makeKey("ed25519", { passphrase: "open sesame", cipher: "aes256-ctr", rounds: 1 });
    await started({ authorized: [key] });
    const file = server.file("locked", pem);
    const error = await errorOf(server.transport({ privateKeyFile: file }).connect());
    expect(error.message).to.contain(`key ${file}: encrypted, and nobody to ask for its passphrase`);
    let asked = 0;
    const askPassphrase = async () => {
      asked += 1;
      return "open sesame";
    };
    const context = new SshContext({ askPassphrase });
    const transports = [1, 2, 3].map(() => new SshTransport(server.settings({ privateKeyFile: file }), context));
    await Promise.all(transports.map((transport) => transport.connect()));
    expect(asked).to.equal(1);
  });

  it("says that an agent does not answer and goes on with the keys", async () => {
    const mine = newKey();
    await started({ authorized: [mine.key] });
    const options = new Map([
      ["configfile", ["none"]],
      ["identityagent", ["/nonexistent/agent"]],
    ]);
    await server.transport({ privateKeyFile: server.file("key", mine.pem), sshOptions: options }).connect();
    const error = await errorOf(server.transport({ sshOptions: options }).connect());
    expect(error.message).to.contain("agent /nonexistent/agent: Failed to connect to agent");
  });

  it("tries again when the server drops connections before the login", async () => {
    await started({}, (socket, count) => count <= 2 && Boolean(socket.destroy()));
    await server.transport({ password: "s3cret" }).connect();
    expect(server.connections).to.equal(3);
  });

  it("goes through a bastion whose key is verified as well", async () => {
    const mine = newKey();
    const bastion = await new TestServer({ authorized: [mine.key], password: "s3cret" }).start();
    await started({ authorized: [mine.key] });
    const key = server.file("key", mine.pem);
    const config = server.file(
      "config",
      `Host bastion\n HostName 127.0.0.1\n Port ${bastion.port}\n User jo\n IdentityFile ${key}\n IdentityAgent none\n`,
    );
    const options = new Map([
      ["configfile", [config]],
      ["proxyjump", ["bastion"]],
      ["identityagent", ["none"]],
    ]);
    const known = server.file("known", `[127.0.0.1]:${server.port} ${server.publicLine}\n`);
    const settings = { privateKeyFile: key, sshOptions: options, knownHostsFiles: [known] };
    expect((await errorOf(server.transport(settings).connect())).message).to.match(
      /^web1 \(bastion bastion\).*is not known/,
    );
    server.file(
      "known",
      `[127.0.0.1]:${server.port} ${server.publicLine}\n[127.0.0.1]:${bastion.port} ${bastion.publicLine}\n`,
    );
    const context = new SshContext();
    const transports = [1, 2, 3].map(() => new SshTransport(server.settings(settings), context));
    await Promise.all(transports.map((transport) => transport.connect()));
    expect(bastion.connections).to.equal(2);
    await Promise.all(transports.map((transport) => transport.close()));
    await bastion.stop();
  });

  it("goes through a ProxyCommand", async () => {
    await started();
    const relay = `node -e 'const s=require("net").connect(%p,"%h");process.stdin.pipe(s).pipe(process.stdout)'`;
    const options = new Map([
      ["configfile", ["none"]],
      ["proxycommand", [relay]],
      ["identityagent", ["none"]],
      ["identityfile", ["none"]],
    ]);
    await server.transport({ password: "s3cret", sshOptions: options }).connect();
  });
});

describe("ssh: servers that misbehave", () => {
  afterEach(() => server.stop());

  it("fails in time when nothing answers", async () => {
    await started({}, () => true);
    const start = performance.now();
    const error = await errorOf(server.transport({ password: "s3cret", connectTimeoutMs: 300 }).connect());
    expect(error).to.include({ code: "E_UNREACHABLE" });
    expect(error.message).to.contain("no SSH key exchange in 0.3 s");
    expect(performance.now() - start).to.be.below(2000);
  });

  it("tells refusal from silence and names that do not exist", async () => {
    await started();
    const port = 1;
    const refused = await errorOf(server.transport({ port }).connect());
    expect(refused.message).to.equal("web1 (127.0.0.1:1): the connection was refused");
    const unknown = await errorOf(server.transport({ host: "no-such-host.invalid" }).connect());
    expect(unknown.message).to.match(/^web1 \(no-such-host\.invalid:\d+\): its name cannot be resolved/);
    expect(unknown).to.include({ code: "E_UNREACHABLE" });
  });

  it("survives garbage instead of a greeting", async () => {
    await started({}, (socket) => socket.write(Buffer.alloc(300_000, "junk\n")));
    const error = await errorOf(server.transport({ password: "s3cret", connectTimeoutMs: 300 }).connect());
    expect(error).to.include({ code: "E_UNREACHABLE" });
  });

  it("stops waiting when it is interrupted", async () => {
    await started({}, () => true);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    expect(await errorOf(server.transport({ password: "s3cret" }).connect(abort.signal))).to.include({
      code: "E_INTERRUPTED",
    });
  });

  it("has its own error for a refused session", async () => {
    await started({ refuseSessions: true });
    const transport = server.transport({ password: "s3cret" });
    await transport.connect();
    expect(await errorOf(transport.open(["cat"]))).to.include({ code: "E_CHANNEL_REFUSED" });
  });

  it("sees a connection that ends without a word", async () => {
    await started({ onExec: (_channel, _command, connection) => connection.end() });
    const transport = server.transport({ password: "s3cret" });
    await transport.connect();
    const end = await transport.open(["cat"]).then(
      async (pipe) => {
        pipe.stdout.resume();
        pipe.stderr.resume();
        return pipe.closed;
      },
      () => ({}),
    );
    expect(end).not.to.have.property("code", 0);
    await sleep(20);
    expect(transport.failure).to.be.instanceOf(Error);
    expect(await errorOf(transport.open(["cat"]))).to.include({ code: "E_CONNECTION_LOST" });
  });

  it("detects a peer that has gone silent", async () => {
    const sockets: { pause(): void }[] = [];
    let relayPort = 0;
    await started();
    const { createServer } = await import("node:net");
    const relay = createServer((client) => {
      const upstream = connect(server.port, "127.0.0.1");
      client.pipe(upstream).pipe(client);
      sockets.push({ pause: () => (client.unpipe(), upstream.unpipe(), client.pause(), upstream.pause()) });
      client.on("error", () => {});
      upstream.on("error", () => {});
    });
    await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
    relayPort = (relay.address() as { port: number }).port;
    const known = server.file("relay", `[127.0.0.1]:${relayPort} ${server.publicLine}\n`);
    const transport = server.transport({
      password: "s3cret",
      port: relayPort,
      keepaliveIntervalMs: 50,
      knownHostsFiles: [known],
    });
    await transport.connect();
    const pipe = await transport.open(["cat"]);
    sockets[0]?.pause();
    await pipe.closed;
    expect(transport.failure?.message).to.contain("Keepalive timeout");
    relay.close();
  });
});
