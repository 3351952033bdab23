import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { SearchFolder } from "../task/controller.ts";

/** Directories in which a task's relative names are looked for, nearest first: the variable `ansible_search_path`. */
export type SearchPath = readonly string[];

/** `~` at the start of a controller's path is the home of the person who runs tsrun. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/**
 * Where a relative name may be: in each directory of the search path, with and without the folder (Ansible: `path_dwim_relative_stack`).
 */
export function candidates(name: string, folder: SearchFolder, search: SearchPath): readonly string[] {
  const path = expandHome(name);
  if (isAbsolute(path)) return [path];
  const found = search.flatMap((base) => {
    const inFolder = resolve(base, folder, path);
    return path.startsWith(`${folder}/`) ? [resolve(base, path), inFolder] : [inFolder, resolve(base, path)];
  });
  return [...new Set(found)];
}

/** First candidate that exists. */
export function findFile(name: string, folder: SearchFolder, search: SearchPath): string | undefined {
  return candidates(name, folder, search).find((path) => existsSync(path));
}
