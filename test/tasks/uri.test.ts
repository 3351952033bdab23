import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { ActionResult } from "../../src/task/define-action.ts";
import uri from "../../tasks/uri.ts";
import { startHttpServer } from "./http-server.ts";
import { runAction } from "./run-action.ts";

const tools = "sh mktemp rm cat tail head grep sed cut wc cmp gzip stat chmod chown mv".split(" ");
const clients = ["curl", "wget", "perl"].filter((client) => existsSync(`/usr/bin/${client}`));

interface Echo {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe("module: uri", () => {
  let server: Awaited<ReturnType<typeof startHttpServer>>;
  let directory = "";
  before(async () => {
    server = await startHttpServer();
    directory = mkdtempSync(join(tmpdir(), "tsrun-uri-"));
    for (const client of [...clients, "none"]) {
      mkdirSync(join(directory, client));
      for (const tool of [...tools, ...clients.filter((name) => name === client)])
        symlinkSync(`/usr/bin/${tool}`, join(directory, client, tool));
    }
  });
  after(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });

  it("gives the file that it writes attributes of the file system, once", async function () {
    const dest = join(directory, "flagged");
    writeFileSync(dest, "");
    // Not every file system has attributes.
    if (spawnSync("chattr", ["+A", dest]).status !== 0) return this.skip();
    const args = { url: `${server.url}/text`, dest, attributes: "+A", setype: "etc_t" };
    const run = () => runAction(uri, args, { path: process.env["PATH"] ?? "", shell: "/bin/sh" });
    expect(await run()).to.include({ changed: true, path: dest });
    expect(spawnSync("lsattr", [dest]).stdout.toString().split(" ")[0]).to.include("A");
    expect((await run()).changed).to.equal(false);
  });

  it("refuses what it does not know", async () => {
    const run = runAction(uri, { url: server.url, use_gssapi: true }, { path: "/usr/bin", shell: "/bin/sh" });
    expect(await run.then(() => "no failure", String)).to.include("`use_gssapi` is not supported");
  });

  for (const client of clients) {
    describe(`with ${client} alone on the host`, () => {
      const request = (path: string, args: Record<string, unknown> = {}): Promise<ActionResult> =>
        runAction(uri, { url: `${server.url}${path}`, ...args }, { path: join(directory, client), shell: "/bin/sh" });
      const echo = async (args: Record<string, unknown>) => (await request("/echo", args))["json"] as Echo;

      it("unpacks what the server packed, and nothing else", async () => {
        expect(await request("/packed")).to.deep.include({ status: 200, json: { packed: true } });
        expect((await request("/packed", { decompress: false }))["json"]).to.equal(undefined);
        expect(await request("/odd", { return_content: true })).to.include({ status: 200, content: "odd" });
      });

      it("reads JSON, text and headers", async () => {
        expect(await request("/echo?a=1")).to.deep.include({
          status: 200,
          changed: false,
          redirected: false,
          cookies: {},
        });
        const text = await request("/text", { return_content: true });
        expect(text).to.deep.include({
          content: "hello\nwörld\n",
          x_two_words: "a, b",
          cookies: { k: "v", m: "n" },
          cookies_string: "k=v; m=n",
        });
        expect(text.msg).to.match(/^OK \((13|unknown) bytes\)$/);
        expect(await request("/text")).to.not.have.any.keys("content", "json");
      });

      it("sends method, headers and bodies unchanged", async () => {
        const json = await echo({
          method: "POST",
          body: { a: [1, "ä"] },
          body_format: "json",
          headers: { "X-Q": 'a"b\\c $(id)', "X-N": 1 },
        });
        expect(json).to.deep.include({ method: "POST", body: Buffer.from('{"a":[1,"ä"]}').toString("latin1") });
        expect(json.headers).to.include({
          "content-type": "application/json",
          "x-q": 'a"b\\c $(id)',
          "x-n": "1",
          "user-agent": "ansible-httpget",
        });
        const form = await echo({ method: "PUT", body: { a: ["1", "2"], b: "x y&" }, body_format: "form-urlencoded" });
        expect([form.body, form.headers["content-type"]]).to.deep.equal([
          "a=1&a=2&b=x+y%26",
          "application/x-www-form-urlencoded",
        ]);
        expect((await echo({ method: "POST", body: "line\n\0end\r\n" })).body).to.equal("line\n\0end\r\n");
        expect((await echo({ method: "DELETE" })).method).to.equal("DELETE");
        expect(await request("/echo", { method: "HEAD" })).to.include({ status: 200 });
      });

      it("sends forms of several parts, and files", async () => {
        const file = join(directory, "up.txt");
        writeFileSync(file, "from here");
        const parts = await echo({
          method: "POST",
          body_format: "form-multipart",
          body: { a: "1", f: { filename: file, mime_type: "text/x" } },
        });
        expect(parts.headers["content-type"]).to.match(/^multipart\/form-data; boundary="=+[0-9a-f]{32}=="$/);
        expect(parts.body)
          .to.include('name="a"\r\n\r\n1\r\n')
          .and.to.include(
            'Content-Type: text/x\r\nContent-Disposition: form-data; name="f"; filename="up.txt"\r\n\r\nfrom here',
          );
        expect((await echo({ method: "POST", src: file })).body).to.equal("from here");
        expect((await echo({ method: "POST", src: file, remote_src: true })).body).to.equal("from here");
      });

      it("fails for a status that is not expected", async () => {
        const missing = await request("/missing", { return_content: true });
        expect(missing).to.include({
          failed: true,
          status: 404,
          content: "nope\n",
          msg: "Status code was 404 and not [200]: HTTP Error 404: Not Found",
        });
        expect(await request("/missing", { status_code: "200,404" })).to.not.have.property("failed");
      });

      it("fails where there is no server, and after a time without an answer", async () => {
        const args = { url: "http://127.0.0.1:1/", return_content: true };
        expect(await request("", args))
          .to.include({ failed: true, status: -1, content: "" })
          .and.to.have.property("msg")
          .that.match(/refused|connect/i);
        expect(await request("/never", { timeout: 1 })).to.include({ failed: true, status: -1 });
      }).timeout(10_000);

      it("follows redirects as far as it may", async () => {
        const moved = await request("/moved");
        expect(moved).to.include({ redirected: true, url: `${server.url}/echo?moved=1`, status: 200 });
        const headers = { "X-Kept": "1", "X-Own": "2" };
        const { headers: sent } = (await request("/moved", { headers, unredirected_headers: "x-own" }))["json"] as Echo;
        expect([sent["x-kept"], sent["x-own"]]).to.deep.equal(["1", undefined]);
        expect(await request("/moved", { follow_redirects: "none" })).to.include({
          failed: true,
          status: 302,
          location: `${server.url}/echo?moved=1`,
        });
        expect(await request("/moved", { method: "POST", body: "x" })).to.include({ failed: true, status: 302 });
        expect((await request("/moved", { method: "POST", body: "x", follow_redirects: "all" }))["json"]).to.include({
          method: "GET",
          body: "",
        });
        if (client === clients[0]) expect(await request("/loop").catch(String)).to.include("more than 10 redirects");
      }).timeout(10_000);

      it("authenticates when asked, or at once", async () => {
        const account = { user: "u", password: "p w", return_content: true };
        expect(await request("/secret", account)).to.include({ content: "in" });
        expect(await request("/secret", { ...account, force_basic_auth: true })).to.include({ content: "in" });
        expect(await request("/secret", { ...account, password: "no" })).to.include({ status: 401, failed: true });
        const inUrl = await request("", {
          url: `${server.url.replace("//", "//u:p%20w@")}/secret`,
          return_content: true,
        });
        expect(inUrl).to.include({ content: "in", url: `${server.url}/secret`, redirected: false });
      });

      it("writes a file when its content differs", async () => {
        const dest = join(directory, `${client}.bin`);
        expect(await request("/binary", { dest, mode: "0600" })).to.include({ changed: true, path: dest });
        expect(readFileSync(dest)).to.deep.equal(Buffer.from([0, 255, 10, 13, 1]));
        expect(statSync(dest).mode & 0o777).to.equal(0o600);
        expect(await request("/binary", { dest, mode: "0600" })).to.include({ changed: false });
        expect(await request("/binary", { dest, mode: "0640" })).to.include({ changed: true });
        expect(await request("/text", { dest: join(directory, client) })).to.include({
          path: join(directory, client, "text"),
        });
        expect(await request("/missing", { dest })).to.include({ changed: false, failed: true });
        expect(readdirSync(directory).filter((name) => name.startsWith(".tsrun"))).to.deep.equal([]);
      });
    });
  }

  it("says what to install on a host without any", async () => {
    const request = (url: string) => runAction(uri, { url }, { path: join(directory, "none") }).catch(String);
    expect(await request(server.url)).to.include(
      "a request needs curl, wget or perl on the host, and it has none: install `curl`",
    );
    expect(await request("https://127.0.0.1:1/")).to.include("an https request needs curl or wget");
  });

  it("keeps secrets off the command line", async () => {
    let script = "";
    const host = {
      execReadonly(command: { script: { text: string } }) {
        script = command.script.text;
        return Promise.reject(new Error("seen"));
      },
    };
    const args = {
      url: "http://h/?token=s3cret",
      headers: { "X-Token": "s3cret" },
      body: "s3cret",
      user: "u",
      password: "s3cret",
      force_basic_auth: true,
    };
    await runAction(uri, args, { host }).catch(() => undefined);
    expect(script)
      .to.include("curl -q")
      .and.to.not.include("s3cret")
      .and.to.not.include(Buffer.from("u:s3cret").toString("base64"));
  });

  it("requests nothing where creates or removes say so", async () => {
    expect(await runAction(uri, { url: "http://127.0.0.1:1/", creates: "/etc/passwd" })).to.deep.equal({
      changed: false,
      stdout: "skipped, since '/etc/passwd' exists",
    });
    expect(await runAction(uri, { url: "http://127.0.0.1:1/", removes: "/nonexistent" })).to.include({
      changed: false,
    });
  });

  it("refuses what is no request", async () => {
    expect(await runAction(uri, { url: "ftp://x/" }).catch(String)).to.include("is no http address");
    expect(await runAction(uri, { url: "http://x/", method: "get" }).catch(String)).to.include("upper case");
    expect(await runAction(uri, { url: "http://x/", method: "POST", body: { a: 1 } }).catch(String)).to.include(
      "set `body_format`",
    );
  });
});
