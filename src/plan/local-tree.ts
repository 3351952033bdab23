import { posix } from "node:path";
import type { Controller, LocalEntry } from "../task/controller.ts";
import { TaskFailure } from "../task/failure.ts";
import { contentOfLocal, type NewContent } from "./new-content.ts";

/** Something below a directory of the controller that a host should have too. */
export type LocalItem =
  | { readonly type: "file"; readonly path: string; readonly mode: number; readonly content: NewContent }
  | { readonly type: "directory"; readonly path: string; readonly mode: number }
  | { readonly type: "link"; readonly path: string; readonly linkTarget: string };

const maxLinks = 40;

/** An entry of the controller with links followed to their end; the link itself when it leads nowhere. */
export async function followLocal(controller: Controller, path: string): Promise<LocalEntry> {
  let entry = await controller.stat(path);
  if (!entry) throw new TaskFailure(`no file \`${path}\` on the controller`);
  const link = entry;
  for (let hops = 0; entry?.type === "link" && hops < maxLinks; hops++) {
    entry = await controller.stat(posix.resolve(posix.dirname(entry.path), entry.linkTarget ?? ""));
  }
  return !entry || entry.type === "link" ? link : entry;
}

/** Everything below a directory of the controller, directories before what is in them. Paths are relative. Links are followed, unless told otherwise. */
export async function readLocalTree(
  controller: Controller,
  directory: string,
  follow: boolean,
  decrypts = true,
): Promise<readonly LocalItem[]> {
  return walk(controller, directory, "", { follow, decrypts }, [directory]);
}

async function walk(
  controller: Controller,
  directory: string,
  prefix: string,
  how: { readonly follow: boolean; readonly decrypts: boolean },
  above: readonly string[],
): Promise<readonly LocalItem[]> {
  const items: LocalItem[] = [];
  for (const found of await controller.walk(directory)) {
    const path = posix.join(prefix, found.path);
    const source = posix.join(directory, found.path);
    const entry =
      found.type === "link" && how.follow ? await followLocal(controller, source) : { ...found, path: source };
    if (entry.type === "file") {
      items.push({
        type: "file",
        path,
        mode: entry.mode,
        content: await contentOfLocal(controller, entry, how.decrypts),
      });
    } else if (entry.type === "directory") {
      const isLink = found.type === "link";
      // A link back to a directory that is being copied stays a link, or the copy would never end.
      if (isLink && above.some((parent) => `${source}/`.startsWith(`${entry.path}/`) || parent === entry.path)) {
        items.push({ type: "link", path, linkTarget: found.linkTarget ?? "" });
        continue;
      }
      items.push({ type: "directory", path, mode: entry.mode });
      if (isLink) items.push(...(await walk(controller, entry.path, path, how, [...above, entry.path])));
    } else if (entry.type === "link") {
      items.push({ type: "link", path, linkTarget: found.linkTarget ?? "" });
    }
  }
  return items;
}
