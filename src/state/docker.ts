import { decodeBytes } from "../lib/bytes.ts";
import { TaskFailure } from "../task/failure.ts";
import { defineQuery, type Query } from "../task/query.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";
import { byConnection } from "./by-connection.ts";
import { plainImageName } from "./docker-names.ts";
import { parseHttp } from "./docker-http.ts";
import type { Unreached } from "./unreached.ts";

/** Where the Engine is: as Docker's own client takes it. */
export interface DockerEngine {
  /** Undefined: `DOCKER_HOST` of the host's environment, or the usual socket. */
  readonly host?: string | undefined;
  /** Options for TLS. */
  readonly tls: readonly string[];
  /** Such as `1.41`; undefined: the Engine's own. */
  readonly apiVersion?: string | undefined;
}

export type DockerType = "container" | "image" | "network" | "volume";

export interface DockerKey {
  readonly connection: DockerEngine;
  readonly type: DockerType;
  readonly name: string;
}

/** What the Engine says of a thing, as its API names it (https://docs.docker.com/engine/api/). */
export type DockerObject = Readonly<Record<string, unknown>>;

/** Docker's client for an engine. */
export function dockerCli({ host, tls }: DockerEngine): Sh {
  // The environment may name a context too, which Ansible's modules do not know.
  if (host === undefined) return sh`docker -H "\${DOCKER_HOST:-unix:///var/run/docker.sock}" ${tls}`;
  return sh`docker -H ${host.replace(/^unix:\/\/(?!\/)/, "unix:///")} ${tls}`;
}

export interface DockerRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
}

/** A body as the wire has it. */
export function requestBody(body: unknown): string {
  const json = body === undefined ? "" : JSON.stringify(body);
  if (/\\ud[89a-f]/i.test(json))
    throw new TaskFailure("a value for the container engine has bytes that are no UTF-8, which JSON cannot hold");
  return json;
}

/** All of a request to the Engine's API but its body. */
function requestHead({ apiVersion }: DockerEngine, { method, path, body }: DockerRequest, isLast: boolean): string {
  const head = [
    `${method} ${apiVersion === undefined ? "" : `/v${apiVersion}`}${path} HTTP/1.1`,
    "Host: docker",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(requestBody(body))}`,
    ...(isLast ? ["Connection: close"] : []),
  ];
  return `${head.join("\r\n")}\r\n\r\n`;
}

/**
 * Sends what is printed to the Engine's API, and prints the answers. Docker's client is the way, by the command that it itself uses over SSH
 * (`docker system dial-stdio`): it is on every host that has docker, knows sockets, TLS and SSH, takes any number of requests in one process,
 * and says exactly what the Engine says; nothing that is sent is in a command line, an environment or a file. Its input must not end before
 * the answers, else the Engine gives up on what it is doing: so the client itself holds the pipe open for writing.
 */
function exchange(engine: DockerEngine, print: Sh): Sh {
  return sh`${print} | ${dockerCli(engine)} system dial-stdio 9<>/dev/fd/0`;
}

/**
 * One request whose failure is the command's, with the Engine's own words. `body`: a word of shell that is {@link requestBody} of the
 * request's.
 */
export function dockerCall(engine: DockerEngine, request: DockerRequest, body?: Sh): Sh {
  const print = sh`printf '%s%s' ${requestHead(engine, request, true)} ${body}`;
  return sh`${exchange(engine, print)} | (IFS= read -r status || exit 1
    case $status in
      "HTTP/1.1 2"* | "HTTP/1.1 304"*) cat;;
      *) tr -d '\015' | sed '1,/^$/d; s/^{"message":"\(.*\)"}$/\1/; s/\\"/"/g' >&2; exit 1;;
    esac)`;
}

const collections: Readonly<Record<DockerType, string>> = {
  container: "/containers/*/json",
  image: "/images/*/json",
  network: "/networks/*",
  volume: "/volumes/*",
};

export function dockerPath(type: DockerType, name: string): string {
  return (collections[type] ?? "").replace("*", () => encodeName(name));
}

/** A name within a path. Dots alone would be taken for a way to another place. */
export function encodeName(name: string): string {
  return encodeURIComponent(name.replace(/[\ud800-\udfff]/gu, "\ufffd"))
    .replaceAll("%2F", "/")
    .replaceAll("%3A", ":");
}

/** A container, an image, a network or a volume of an engine: one process for any number of them. */
export const dockerObject = defineQuery<DockerKey, DockerObject | undefined | Unreached>({
  name: "docker",
  // A container may end by itself at any time.
  freshMs: 10_000,
  script: (keys) =>
    shLines(
      byConnection(keys).map(([engine, group]) => {
        const heads = group.map((index, at) => {
          const { type, name } = keys[index] as DockerKey;
          return requestHead(engine, { method: "GET", path: dockerPath(type, name) }, at === group.length - 1);
        });
        return sh`{ ${exchange(engine, sh`printf %s ${heads.join("")}`)}; } 2>&1; printf '\0'`;
      }),
    ),
  parse(output, keys) {
    const bytes = Buffer.from(output.stdout);
    const answers: (DockerObject | undefined | Unreached)[] = keys.map(() => undefined);
    let start = 0;
    for (const [, group] of byConnection(keys)) {
      const end = bytes.indexOf(0, start);
      const part = bytes.subarray(start, end === -1 ? bytes.length : end);
      start = end + 1;
      const first = part.indexOf("HTTP/1.1 ");
      const responses = first === -1 ? [] : parseHttp(part.subarray(first));
      const problem = decodeBytes(first === -1 ? part : part.subarray(0, first)).trim();
      group.forEach((index, place) => {
        const { type, name } = keys[index] as DockerKey;
        const response = responses[place];
        if (!response)
          answers[index] = { exists: false, problem: problem === "" ? "the engine did not answer" : problem };
        else if (response.status === 200) {
          const found = JSON.parse(decodeBytes(response.body)) as DockerObject;
          answers[index] = isNamed(type, found, name) ? found : undefined;
        } else if (response.status !== 404) {
          answers[index] = { exists: false, problem: messageOf(decodeBytes(response.body)) };
        }
      });
    }
    return answers;
  },
});

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: string };
    return message ?? body;
  } catch {
    return body.trim();
  }
}

/** Whether it is what was asked for: the Engine takes the beginning of an id for a name too. */
function isNamed(type: DockerType, found: DockerObject, name: string): boolean {
  if (found["Id"] === name) return true;
  if (type === "image") {
    const tags = [
      ...((found["RepoTags"] as string[] | null) ?? []),
      ...((found["RepoDigests"] as string[] | null) ?? []),
    ];
    const wanted = plainImageName(name);
    return tags.some((tag) => plainImageName(tag) === wanted);
  }
  const { Id: id } = found;
  // As docker itself prints it.
  if (type === "container" && typeof id === "string" && id.slice(0, 12) === name) return true;
  return String(found["Name"]).replace(/^\//, "") === name;
}

export function dockerContainer(connection: DockerEngine, name: string): Query<DockerObject | undefined | Unreached> {
  return dockerObject({ connection, type: "container", name: name.replace(/^\//, "") });
}

export function dockerImage(connection: DockerEngine, name: string): Query<DockerObject | undefined | Unreached> {
  return dockerObject({ connection, type: "image", name });
}

export function dockerNetwork(connection: DockerEngine, name: string): Query<DockerObject | undefined | Unreached> {
  return dockerObject({ connection, type: "network", name });
}

export function dockerVolume(connection: DockerEngine, name: string): Query<DockerObject | undefined | Unreached> {
  return dockerObject({ connection, type: "volume", name });
}
