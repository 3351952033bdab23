import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename } from "node:path";
import { zip } from "./zip.ts";

/** A server that looks like HashiCorp's releases, with Nomad alone. */
export interface NomadReleases {
  /** For `nomad_release_url`. */
  readonly url: string;
  /** For `nomad_version`: the first is what to install, the stand-in has a second to upgrade to. */
  readonly versions: readonly [string, ...string[]];
  readonly isStandIn: boolean;
  /** Paths that were asked for. */
  readonly requests: string[];
  close(): Promise<void>;
}

const standInVersions = ["1.10.1", "1.10.2"] as const;
/** The stand-in is a script: one file for every architecture. */
const standInBuilds = ["amd64", "arm64", "386", "arm"];

/**
 * Serves Nomad on an address that the lab's hosts reach. Without `zipPath` (NOMAD_ZIP in tests) it is the stand-in, with it a release of
 * HashiCorp's, by its own name `nomad_VERSION_linux_ARCH.zip`.
 */
export async function serveNomad(address: string, zipPath?: string): Promise<NomadReleases> {
  const files = new Map<string, Buffer>();
  const versions = zipPath === undefined ? standInVersions : await addRelease(files, zipPath);
  if (zipPath === undefined) for (const version of standInVersions) await addStandIn(files, version);

  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    const content = files.get(path);
    response.writeHead(content ? 200 : 404, { "Content-Length": content?.length ?? 0 });
    response.end(request.method === "HEAD" ? undefined : content);
  });
  server.listen(0, address);
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("expected a TCP address");
  return {
    url: `http://${address}:${bound.port}`,
    versions,
    isStandIn: zipPath === undefined,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function addRelease(files: Map<string, Buffer>, zipPath: string): Promise<[string]> {
  const version = /^nomad_([^_]+)_linux_[^_]+\.zip$/.exec(basename(zipPath))?.[1];
  if (version === undefined) throw new Error(`expected NOMAD_ZIP=.../nomad_VERSION_linux_ARCH.zip, got ${zipPath}`);
  addVersion(files, version, new Map([[basename(zipPath), await readFile(zipPath)]]));
  return [version];
}

async function addStandIn(files: Map<string, Buffer>, version: string): Promise<void> {
  const script = await readFile(new URL("nomad.pl", import.meta.url), "utf8");
  const content = zip([
    { name: "LICENSE.txt", content: Buffer.from("a stand-in for tests\n"), mode: 0o644 },
    { name: "nomad", content: Buffer.from(script.replace("@VERSION@", version)), mode: 0o755 },
  ]);
  addVersion(files, version, new Map(standInBuilds.map((arch) => [`nomad_${version}_linux_${arch}.zip`, content])));
}

function addVersion(files: Map<string, Buffer>, version: string, builds: ReadonlyMap<string, Buffer>): void {
  const sums = [...builds].map(([name, content]) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`);
  for (const [name, content] of builds) files.set(`/nomad/${version}/${name}`, content);
  files.set(`/nomad/${version}/nomad_${version}_SHA256SUMS`, Buffer.from(sums.join("")));
}
