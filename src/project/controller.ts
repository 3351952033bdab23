import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, mkdir, readFile, readdir, readlink, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { randomBytes } from "node:crypto";
import type { Controller, LocalEntry, SearchFolder, TemplateSyntax } from "../task/controller.ts";
import { TaskFailure } from "../task/failure.ts";
import type { VarScope } from "../vars/scope.ts";
import { isVaultEnvelope } from "../vault/envelope.ts";
import type { ProjectFiles } from "./project-files.ts";
import type { TemplateFiles } from "./template-files.ts";
import { candidates, expandHome, findFile, type SearchPath } from "./search-path.ts";

export interface ControllerOptions {
  readonly files: ProjectFiles;
  readonly templates: TemplateFiles;
  readonly search: SearchPath;
  readonly scope: VarScope;
  readonly decrypt: (text: string, path: string) => string;
}

/** The controller as one task sees it: its search path and its variables. */
export function createController(options: ControllerOptions): Controller {
  const { files, templates, search, scope, decrypt } = options;
  return {
    async find(name: string, folder: SearchFolder): Promise<string> {
      const found = findFile(name, folder, search);
      if (found !== undefined) return name.endsWith("/") ? `${found}/` : found;
      throw new TaskFailure(
        `no file \`${name}\` on the controller; looked for ${candidates(name, folder, search).join(", ")}`,
      );
    },
    stat: (path) => localEntry(expandHome(path), path),
    walk: async (directory) => {
      const names = await readdir(directory, { recursive: true });
      const entries = await Promise.all(
        names.sort().map((name) => localEntry(join(directory, name), relative(directory, join(directory, name)))),
      );
      return entries.filter((entry) => entry !== undefined);
    },
    async read(path) {
      const bytes = await readFile(expandHome(path));
      if (!bytes.subarray(0, 14).equals(Buffer.from("$ANSIBLE_VAULT"))) return bytes;
      const text = bytes.toString("utf8");
      return isVaultEnvelope(text) ? Buffer.from(decrypt(text, path)) : bytes;
    },
    readRaw: (path) => readFile(expandHome(path)),
    loadVars: (path) => Promise.resolve(files.vars(path)),
    sha256: (path) => sha256Of(expandHome(path)),
    render: (path: string, syntax?: TemplateSyntax) => Promise.resolve(templates.render(path, scope, syntax)),
    async write(path, content, mode = 0o600) {
      const target = expandHome(path);
      await mkdir(dirname(target), { recursive: true });
      const temporary = `${target}.${randomBytes(8).toString("hex")}`;
      await writeFile(temporary, content, { mode, flag: "wx" });
      await rename(temporary, target);
    },
  };
}

/** By path, size and time of change: a file is asked for once for each host, and once more when it is read ahead. */
const hashes = new Map<string, Promise<string>>();

async function sha256Of(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  const key = `${path}\0${size}\0${mtimeMs}`;
  let hash = hashes.get(key);
  if (!hash) {
    hash = (async () => {
      const sum = createHash("sha256");
      await pipeline(createReadStream(path), sum);
      return sum.digest("hex");
    })();
    hashes.set(key, hash);
    hash.catch(() => hashes.delete(key));
  }
  return hash;
}

async function localEntry(path: string, name: string): Promise<LocalEntry | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats) return undefined;
  const type = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : stats.isSymbolicLink() ? "link" : "other";
  return {
    path: name,
    type,
    size: stats.size,
    mode: stats.mode & 0o7777,
    ...(type === "link" && { linkTarget: await readlink(path) }),
  };
}
