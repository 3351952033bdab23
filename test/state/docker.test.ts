import { expect } from "chai";
import { dockerCall, dockerContainer, type DockerEngine, dockerImage, dockerNetwork } from "../../src/state/docker.ts";
import { plainImageName, splitImage } from "../../src/state/docker-names.ts";
import { parseHttp } from "../../src/state/docker-http.ts";
import type { Query } from "../../src/task/query.ts";

const engine: DockerEngine = { tls: [] };

function answer(status: number, json: unknown): string {
  const body = JSON.stringify(json);
  return `HTTP/1.1 ${status} -\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function ask(queries: readonly Query<unknown>[], stdout: string): readonly unknown[] {
  const output = { rc: 0, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) };
  const [{ kind }] = queries as [Query<unknown>];
  return kind.parse(
    output,
    queries.map(({ key }) => key),
  );
}

describe("the Docker Engine's API", () => {
  it("answers for many things over one connection", () => {
    const queries = [dockerContainer(engine, "web"), dockerImage(engine, "nginx"), dockerNetwork(engine, "inner")];
    const script = queries[0]?.kind.script(queries.map(({ key }) => key)).text ?? "";
    expect(script.match(/system dial-stdio/g)).to.have.length(1);
    expect(script).to.include("GET /containers/web/json HTTP/1.1").and.to.include("GET /images/nginx/json HTTP/1.1");
    const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"Id":1,\r\n14\r\n"RepoTags":["nginx:l\r\n9\r\natest"]}\n\r\n0\r\n\r\n`;
    const all = `WARNING: no config\n${answer(200, { Name: "/web" })}${chunked}${answer(404, { message: "none" })}\0`;
    expect(ask(queries, all)).to.deep.equal([{ Name: "/web" }, { Id: 1, RepoTags: ["nginx:latest"] }, undefined]);
  });

  it("does not take the beginning of an id for a name", () => {
    const queries = [dockerContainer(engine, "ab"), dockerImage(engine, "cafe")];
    const all = `${answer(200, { Id: "ab12", Name: "/web" })}${answer(200, { Id: "sha256:cafe", RepoTags: ["web:1"] })}\0`;
    expect(ask(queries, all)).to.deep.equal([undefined, undefined]);
  });

  it("says why it did not answer", () => {
    const queries = [dockerContainer(engine, "web"), dockerContainer({ tls: [], host: "tcp://other" }, "web")];
    const all = `dial unix /var/run/docker.sock: no such file\n\0${answer(500, { message: "broken" })}\0`;
    expect(ask(queries, all)).to.deep.equal([
      { exists: false, problem: "dial unix /var/run/docker.sock: no such file" },
      { exists: false, problem: "broken" },
    ]);
  });

  it("leaves out an answer that was torn", () => {
    const bytes = Buffer.from(`${answer(200, { Name: "/a" })}HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"Na`);
    expect(parseHttp(bytes)).to.have.length(1);
    expect(parseHttp(Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"))).to.deep.equal([]);
  });

  it("refuses bytes that JSON cannot hold", () => {
    const request = { method: "POST", path: "/x", body: { Env: ["A=\udcff"] } } as const;
    expect(() => dockerCall(engine, request)).to.throw("no UTF-8");
  });

  it("knows an image by all its names", () => {
    expect(["nginx", "docker.io/library/nginx:latest", "library/nginx"].map(plainImageName)).to.deep.equal([
      "nginx:latest",
      "nginx:latest",
      "nginx:latest",
    ]);
    expect(splitImage("127.0.0.1:5001/a/b")).to.deep.equal({ repository: "127.0.0.1:5001/a/b", tag: undefined });
    expect(splitImage("a@sha256:12")).to.deep.equal({ repository: "a", tag: "sha256:12" });
  });
});
