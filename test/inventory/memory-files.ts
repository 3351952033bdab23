import { dirname } from "node:path";
import type { InventoryFiles, ProgramResult } from "../../src/inventory/inventory-files.ts";

/** A disk in memory: texts by absolute path. Functions are programs. */
export function memoryFiles(
  entries: Readonly<Record<string, string | ((args: readonly string[]) => ProgramResult)>>,
): InventoryFiles {
  const directories = new Set<string>();
  for (const path of Object.keys(entries)) {
    for (let at = dirname(path); !directories.has(at); at = dirname(at)) directories.add(at);
  }
  return {
    kind: (path) => (Object.hasOwn(entries, path) ? "file" : directories.has(path) ? "directory" : undefined),
    source: (path) => {
      const text = entries[path];
      if (text === undefined) throw new Error(`no ${path}`);
      return { path: path.replace(/^\//, ""), text: typeof text === "string" ? text : "#!/bin/sh\n" };
    },
    list: (directory) => {
      const inside = [...Object.keys(entries), ...directories].filter(
        (path) => path !== "/" && dirname(path) === directory,
      );
      return [...new Set(inside.map((path) => path.slice(path.lastIndexOf("/") + 1)))];
    },
    isExecutable: (path) => typeof entries[path] === "function",
    run: (program, args) => {
      const entry = entries[program];
      return typeof entry === "function" ? entry(args) : { stdout: "", stderr: "not a program", exitCode: 126 };
    },
  };
}
