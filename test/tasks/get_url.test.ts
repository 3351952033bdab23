import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import getUrl from "../../tasks/get_url.ts";
import { runLocally } from "./run-locally.ts";

/** A server in a thread of its own, since the tests wait for curl without letting this thread run. */
const serverCode = `
const { createServer } = require("node:http");
const { parentPort } = require("node:worker_threads");
const sha = (text) => require("node:crypto").createHash("sha256").update(text).digest("hex");
let seen = [];
const files = { "/a.txt": "alpha\\n", "/b.txt": "beta\\n", "/sums": sha("alpha\\n") + "  ./a.txt\\n" + sha("x") + " *b.txt\\n", "/one": sha("alpha\\n") + "\\n" };
const server = createServer((request, response) => {
  seen.push({ url: request.url, headers: request.headers });
  if (request.url === "/seen") return response.end(JSON.stringify(seen));
  if (request.url === "/auth" && !request.headers.authorization) { response.statusCode = 401; return response.end(); }
  if (request.url === "/odd") response.setHeader("Content-Encoding", "aws-chunked");
  if (request.url === "/odd") return response.end("odd");
  if (request.url === "/packed") {
    response.setHeader("Content-Encoding", "gzip");
    return response.end(require("node:zlib").gzipSync("plain\\n"));
  }
  const text = request.url === "/auth" ? "secret\\n" : files[request.url];
  if (text === undefined) { response.statusCode = 404; return response.end(); }
  if (request.url === "/a.txt" && request.headers["if-modified-since"]) { response.statusCode = 304; return response.end(); }
  response.end(text);
}).listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

describe("module: get_url", () => {
  let root: string;
  let base: string;
  let worker: Worker;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), "tsrun-get-"));
    worker = new Worker(serverCode, { eval: true });
    base = `http://127.0.0.1:${await new Promise<number>((resolve) => worker.once("message", resolve))}`;
  });
  after(async () => {
    await worker.terminate();
    rmSync(root, { recursive: true });
  });
  const at = (name: string) => join(root, name);
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const failing = async (raw: Record<string, unknown>) =>
    ((await runLocally(getUrl, raw).catch((error: Error) => error)) as Error).message;

  it("fetches a file, and asks the server next time whether it is newer", async () => {
    const raw = { url: `${base}/a.txt`, dest: at("a"), mode: "0640" };
    const first = await runLocally(getUrl, raw);
    expect(first.result).to.include({ changed: true, dest: at("a"), status_code: 200, mode: "0640", state: "file" });
    expect(first.result["checksum_src"]).to.equal(createHash("sha1").update("alpha\n").digest("hex"));
    expect(readFileSync(at("a"), "utf8")).to.equal("alpha\n");
    const second = await runLocally(getUrl, raw);
    expect(first.result["md5sum"]).to.equal(createHash("md5").update("alpha\n").digest("hex"));
    expect(first.result["elapsed"]).to.be.within(0, 20);
    expect(second.result).to.include({ changed: false, status_code: 304 }).and.not.have.property("md5sum");
    expect((await runLocally(getUrl, { ...raw, mode: "0600" })).changed).to.equal(true);
    expect((await runLocally(getUrl, { ...raw, force: true, mode: "0600" })).changed).to.equal(false);
  });

  it("names the file after the URL in a directory", async () => {
    expect((await runLocally(getUrl, { url: `${base}/b.txt`, dest: root })).result["dest"]).to.equal(at("b.txt"));
  });

  it("does not ask the server at all when the checksum is right", async () => {
    const raw = { url: `${base}/a.txt`, dest: at("sum"), checksum: `sha256:${sha256("alpha\n").toUpperCase()}` };
    expect((await runLocally(getUrl, raw)).changed).to.equal(true);
    const { changes, result } = await runLocally(getUrl, { ...raw, url: "http://127.0.0.1:1/unreachable" });
    expect([changes, result["changed"], result["elapsed"]]).to.deep.equal([[], false, 0]);
  });

  it("takes checksums from a list", async () => {
    const raw = { url: `${base}/a.txt`, dest: at("listed"), checksum: `sha256:${base}/sums` };
    expect((await runLocally(getUrl, raw)).changed).to.equal(true);
    expect((await runLocally(getUrl, raw)).changed).to.equal(false);
    expect((await runLocally(getUrl, { ...raw, dest: at("single"), checksum: `sha256:${base}/one` })).changed).to.equal(
      true,
    );
    expect(await failing({ url: `${base}/b.txt`, dest: at("wrong"), checksum: `sha256:${base}/sums` })).to.include(
      "did not match",
    );
    expect(await failing({ url: `${base}/none`, dest: at("wrong"), checksum: `sha256:${base}/sums` })).to.include(
      "Unable to find a checksum for file none",
    );
  });

  it("leaves what is there when the checksum is wrong or the server fails, and no traces", async () => {
    writeFileSync(at("kept"), "kept");
    chmodSync(at("kept"), 0o604);
    expect(await failing({ url: `${base}/a.txt`, dest: at("kept"), checksum: `sha256:${sha256("other")}` })).to.include(
      `The checksum for ${at("kept")} did not match`,
    );
    expect(await failing({ url: `${base}/none`, dest: at("kept") })).to.include("404");
    expect(await failing({ url: "http://127.0.0.1:1/", dest: at("kept") })).to.include("cannot fetch");
    expect(readFileSync(at("kept"), "utf8")).to.equal("kept");
    expect(readdirSync(root).filter((name) => name.startsWith(".tsrun"))).to.deep.equal([]);
    const { result } = await runLocally(getUrl, { url: `${base}/b.txt`, dest: at("kept"), force: true, backup: true });
    expect([readFileSync(at("kept"), "utf8"), statSync(at("kept")).mode & 0o777]).to.deep.equal(["beta\n", 0o604]);
    expect(readFileSync(result["backup_file"] as string, "utf8")).to.equal("kept");
  });

  it("unpacks what the server packed, unless it is not to", async () => {
    const raw = { url: `${base}/packed`, dest: at("packed") };
    await runLocally(getUrl, raw);
    expect(readFileSync(at("packed"), "utf8")).to.equal("plain\n");
    expect((await runLocally(getUrl, raw)).changed).to.equal(false);
    await runLocally(getUrl, { url: `${base}/odd`, dest: at("odd") });
    expect(readFileSync(at("odd"), "utf8")).to.equal("odd");
    await runLocally(getUrl, { ...raw, decompress: false, force: true });
    expect(readFileSync(at("packed"))[0]).to.equal(0x1f);
  });

  it("refuses what it could not keep to", async () => {
    const raw = { url: `${base}/a.txt`, dest: at("refused") };
    expect(await failing({ ...raw, use_gssapi: true })).to.include("`use_gssapi` is not supported");
    expect(await failing({ ...raw, unredirected_headers: ["X-A"] })).to.include("not `X-A`");
    expect(
      (
        await runLocally(getUrl, {
          ...raw,
          unredirected_headers: ["authorization"],
          ciphers: ["HIGH"],
          tmp_dest: "/tmp",
        })
      ).changed,
    ).to.equal(true);
  });

  it("sends headers, name and password, none of them as arguments", async () => {
    const raw = {
      url: `${base}/auth`,
      dest: at("auth"),
      url_username: "anna",
      url_password: 'pa"ss\\',
      headers: { "X-Token": "t0k" },
    };
    const { changes } = await runLocally(getUrl, raw);
    const step = changes[0]?.steps[0];
    expect(step?.type === "command" && step.command.script.text)
      .not.to.include("t0k")
      .and.not.to.include('pa"ss');
    const seen = JSON.parse(await (await fetch(`${base}/seen`)).text()) as {
      url: string;
      headers: Record<string, string>;
    }[];
    const request = seen.find(({ url }) => url === "/auth");
    expect(request?.headers["x-token"]).to.equal("t0k");
    expect(Buffer.from(request?.headers["authorization"]?.slice("Basic ".length) ?? "", "base64").toString()).to.equal(
      'anna:pa"ss\\',
    );
  });

  it("takes name and password out of a URL before it becomes an argument", async () => {
    const raw = { url: `${base.replace("//", "//jo:p%40ss@")}/auth`, dest: at("url"), force: true };
    const { changes } = await runLocally(getUrl, raw);
    const step = changes[0]?.steps[0];
    expect(step?.type === "command" && step.command.script.text)
      .to.be.a("string")
      .that.does.not.include("p%40ss");
    const seen = JSON.parse(await (await fetch(`${base}/seen`)).text()) as {
      url: string;
      headers: Record<string, string>;
    }[];
    expect(seen.findLast(({ url }) => url === "/auth")?.headers["authorization"]).to.equal(
      `Basic ${Buffer.from("jo:p@ss").toString("base64")}`,
    );
  });

  it("refuses checksums that are none", async () => {
    expect(await failing({ url: `${base}/a.txt`, dest: at("x"), checksum: "abc" })).to.equal(
      "The checksum parameter has to be in format <algorithm>:<checksum>",
    );
    expect(await failing({ url: `${base}/a.txt`, dest: at("x"), checksum: "crc:00" })).to.include("got `crc`");
    expect(await failing({ url: `${base}/a.txt`, dest: at("x"), checksum: "sha256:xyz" })).to.equal(
      "The checksum format is invalid",
    );
  });
});
