import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Controller, LocalEntry } from "../../src/task/controller.ts";
import { TaskFailure } from "../../src/task/failure.ts";

/** A controller whose project is the whole machine: names are paths, templates render to their own text. */
export const localController: Controller = {
  async find(name) {
    if (await entryOf(name.replace(/\/$/, ""))) return name.replace(/\/$/, "");
    throw new TaskFailure(`no file \`${name}\` on the controller`);
  },
  stat: (path) => entryOf(path),
  async walk(directory) {
    const names = (await readdir(directory, { recursive: true })).sort();
    const entries = await Promise.all(names.map((name) => entryOf(join(directory, name), name)));
    return entries.filter((entry) => entry !== undefined);
  },
  read: (path) => readFile(path),
  readRaw: (path) => readFile(path),
  loadVars: () => Promise.resolve({}),
  sha256: async (path) =>
    createHash("sha256")
      .update(await readFile(path))
      .digest("hex"),
  render: (path) => readFile(path, "utf8"),
  async write(path, content, mode = 0o600) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode });
  },
};

async function entryOf(path: string, name = path): Promise<LocalEntry | undefined> {
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
