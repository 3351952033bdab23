import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import consul_kv from "../../tasks/consul_kv.ts";
import nomad_job from "../../tasks/nomad_job.ts";
import { runAction } from "./run-action.ts";

type Answer = { readonly status?: number; readonly json?: unknown } | undefined;

/** A server on 127.0.0.1 that answers by a function, and remembers what it was asked. */
class ApiServer {
  readonly asked: string[] = [];
  readonly tokens: (string | undefined)[] = [];
  #server: Server | undefined;
  port = 0;
  answer: (method: string, url: URL, body: string) => Answer = () => undefined;

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        this.asked.push(`${request.method} ${request.url}`);
        this.tokens.push((request.headers["x-consul-token"] ?? request.headers["x-nomad-token"])?.toString());
        const url = new URL(request.url ?? "/", "http://x");
        const { status = 200, json } = this.answer(request.method ?? "", url, body) ?? { status: 404 };
        response.writeHead(status, { "Content-Type": "application/json", "X-Consul-Index": "7" });
        response.end(json === undefined ? "" : JSON.stringify(json));
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

const api = new ApiServer();
describe("modules that speak to an HTTP API", () => {
  before(() => api.start());
  beforeEach(() => {
    api.asked.length = 0;
    api.tokens.length = 0;
  });
  after(() => api.stop());

  describe("module: consul_kv", () => {
    const store = new Map<string, { value: string; session?: string }>();
    before(() => {
      api.answer = (method, url, body) => {
        const key = decodeURIComponent(url.pathname.slice("/v1/kv/".length));
        const isPrefix = url.searchParams.has("recurse");
        const keys = [...store.keys()].filter((one) => (isPrefix ? one.startsWith(key) : one === key));
        if (method === "GET" && keys.length === 0) return { status: 404 };
        if (method === "GET") {
          const entry = (name: string) => {
            const { value, session } = store.get(name) as { value: string; session?: string };
            const Value = value === "" ? null : Buffer.from(value).toString("base64");
            return { Key: name, Value, Flags: 0, ...(session && { Session: session }) };
          };
          return { json: keys.map(entry) };
        }
        if (method === "DELETE") {
          for (const name of keys) store.delete(name);
          return { json: true };
        }
        if (url.searchParams.get("cas") === "0" && store.has(key)) return { json: false };
        const holder = store.get(key)?.session;
        const wanted = url.searchParams.get("acquire") ?? undefined;
        if (wanted !== undefined && holder !== undefined && holder !== wanted) return { json: false };
        store.set(key, { value: body, ...(wanted !== undefined && { session: wanted }) });
        return { json: true };
      };
    });
    beforeEach(() => store.clear());
    const run = (raw: Record<string, unknown>, isCheck = false) =>
      runAction(consul_kv, { host: "127.0.0.1", port: api.port, ...raw }, { isCheck });
    const failure = (raw: Record<string, unknown>) => run(raw).then(() => "no failure", String);

    it("sets a value once, reads it back, and tells what it is", async () => {
      const raw = { key: "app/a b?ü", value: "blue & grün", token: "s3cret" };
      expect(await run(raw, true)).to.deep.include({ changed: true, data: null });
      expect(store.size).to.equal(0);
      const first = await run(raw);
      expect(first).to.deep.include({ changed: true, key: raw.key, index: "7" });
      expect(first["data"]).to.include({ Key: raw.key, Value: raw.value });
      expect(await run(raw)).to.include({ changed: false });
      expect((await run({ key: raw.key }))["data"]).to.include({ Value: raw.value });
      expect(api.asked[0]).to.equal("GET /v1/kv/app/a%20b%3F%C3%BC");
      expect(api.tokens[0]).to.equal("s3cret");
    });

    it("knows an empty value from no key", async () => {
      expect(await run({ key: "a" })).to.deep.include({ changed: false, data: null });
      expect(await run({ key: "a", value: "" })).to.include({ changed: true });
      expect(await run({ key: "a", value: "" })).to.include({ changed: false });
    });

    it("removes a key, or all that begin so", async () => {
      for (const key of ["a/1", "a/2", "b"]) await run({ key, value: "x" });
      expect(await run({ key: "b", state: "absent" })).to.include({ changed: true });
      expect(await run({ key: "b", state: "absent" })).to.include({ changed: false });
      const gone = await run({ key: "a/", state: "absent", recurse: true });
      expect([gone.changed, (gone["data"] as unknown[]).length, store.size]).to.deep.equal([true, 2, 0]);
    });

    it("sets only what is not there with cas, and takes locks", async () => {
      await run({ key: "a", value: "x" });
      expect(await run({ key: "a", value: "y", cas: 0 })).to.include({ changed: false });
      expect(await run({ key: "l", state: "acquire", session: "s1" })).to.include({ changed: true });
      expect(await run({ key: "l", state: "acquire", session: "s1" })).to.include({ changed: false });
      expect(await run({ key: "l", state: "acquire", session: "s2" })).to.include({ changed: false });
      expect(await failure({ key: "l", state: "acquire" })).to.include("no session supplied");
    });

    it("fails when nobody answers", async () => {
      expect(await failure({ key: "a", port: 1 })).to.match(/GET http:\/\/127\.0\.0\.1:1\/v1\/kv\/a: .*onnect/);
    });
  });

  describe("module: nomad_job", () => {
    const jobs = new Map<string, Record<string, unknown>>();
    before(() => {
      api.answer = (method, { pathname }, body) => {
        const given = (body === "" ? {} : JSON.parse(body)) as { Job?: Record<string, unknown>; JobHCL?: string };
        if (pathname === "/v1/jobs/parse") {
          const name = /^job "(\w+)"/.exec(given.JobHCL ?? "")?.[1];
          return name ? { json: { ID: name, Name: name, Text: given.JobHCL } } : { status: 400, json: "bad HCL" };
        }
        if (pathname === "/v1/jobs") {
          jobs.set(given.Job?.["ID"] as string, { Status: "running", Stop: false, ...given.Job });
          return { json: { EvalID: "e1" } };
        }
        const [, name = "", plan] = /^\/v1\/job\/([^/]+)(\/plan)?$/.exec(pathname) ?? [];
        const job = jobs.get(decodeURIComponent(name));
        if (plan) return { json: { Diff: { Type: job?.["Text"] === given.Job?.["Text"] ? "None" : "Edited" } } };
        if (!job) return { status: 404 };
        if (method === "DELETE") jobs.set(name, { ...job, Stop: true, Status: "dead" });
        return { json: method === "DELETE" ? { EvalID: "e2" } : job };
      };
    });
    beforeEach(() => jobs.clear());
    const run = (raw: Record<string, unknown>, isCheck = false) =>
      runAction(nomad_job, { host: `127.0.0.1:${api.port}`, use_ssl: false, state: "present", ...raw }, { isCheck });
    const failure = (raw: Record<string, unknown>) => run(raw).then(() => "no failure", String);

    it("registers a job that differs from what runs", async () => {
      const content = 'job "web" { }';
      expect(await run({ content }, true)).to.include({ changed: true });
      expect(jobs.size).to.equal(0);
      expect(await run({ content, token: "t" })).to.deep.equal({ changed: true, result: { EvalID: "e1" } });
      expect(await run({ content })).to.include({ changed: false });
      expect(await run({ content: 'job "web" { x }' })).to.include({ changed: true });
      expect(api.tokens).to.include("t");
    });

    it("takes JSON, with and without the outer mapping", async () => {
      const raw = { content_format: "json", namespace: "a b" };
      expect(await run({ ...raw, content: '{"Job": {"ID": "a"}}' })).to.include({ changed: true });
      expect(await run({ ...raw, content: '{"ID": "a"}' })).to.include({ changed: false });
      expect(api.asked).to.include("POST /v1/jobs?namespace=a%20b");
    });

    it("stops a job once, and starts it again", async () => {
      await run({ content: 'job "web" { }' });
      expect(await run({ state: "absent", name: "web" })).to.deep.equal({ changed: true, result: { EvalID: "e2" } });
      expect(await run({ state: "absent", name: "web" })).to.include({ changed: false });
      expect(await run({ state: "absent", name: "none" })).to.deep.equal({ changed: false, result: {} });
      expect(await run({ name: "web", force_start: true })).to.include({ changed: true });
      expect(await run({ name: "web", force_start: true })).to.include({ changed: false });
      expect(await run({ content: 'job "web" { }', state: "absent" })).to.include({ changed: true });
      expect(await run({ content: 'job "web" { }' })).to.include({ changed: true });
    });

    it("says what is wrong", async () => {
      expect(await failure({ content: "nonsense" })).to.include('answered 400: "bad HCL"');
      expect(await failure({ content: "{", content_format: "json" })).to.include("`content` is no JSON");
      expect(await failure({ name: "web" })).to.include("force_start is needed");
      expect(await failure({})).to.include("one of the following is required");
    });
  });
});
