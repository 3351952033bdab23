import { spawnSync } from "node:child_process";
import { accessSync, constants, readdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Inventory } from "../inventory/inventory.ts";
import type { InventoryFiles } from "../inventory/inventory-files.ts";
import type { PluginTools } from "../inventory/inventory-plugin.ts";
import { loadInventory } from "../inventory/load-inventory.ts";
import type { TemplateWarning } from "../template/environment.ts";
import type { RunOptions } from "./options.ts";
import { isDirectory, isFile, type ProjectFiles } from "./project-files.ts";
import { expandHome } from "./search-path.ts";

/** Inventories that a project has without saying so. */
const usualNames = [
  "inventory.yaml",
  "inventory.yml",
  "inventory",
  "hosts.yaml",
  "hosts.yml",
  "hosts",
  "inventory.ini",
];

/** Reads the inventory that the command line names, else the project's own. Without any, only this machine is known. */
export function readInventory(
  options: Pick<RunOptions, "inventory" | "cwd" | "playbooks">,
  files: ProjectFiles,
  use: { readonly tools: PluginTools; readonly warn: (warning: TemplateWarning) => void },
): Inventory {
  const { cwd } = options;
  const own = usualNames
    .map((name) => resolve(cwd, name))
    .filter((path) => isFile(path) || isDirectory(path))
    .slice(0, 1);
  const given = options.inventory.map((source) =>
    isHostList(source, cwd) ? source : resolve(cwd, expandHome(source)),
  );
  const [playbook] = options.playbooks;
  const beside =
    playbook === undefined ? undefined : [resolve(cwd, playbook), resolve(cwd, "playbooks", playbook)].find(isFile);
  return loadInventory(given.length > 0 ? given : own, inventoryFiles(files), {
    ...use,
    findings: files.findings,
    playbookDirectory: beside === undefined ? cwd : dirname(beside),
  });
}

function isHostList(source: string, cwd: string): boolean {
  return source.includes(",") && !isFile(resolve(cwd, source));
}

function inventoryFiles(files: ProjectFiles): InventoryFiles {
  return {
    kind: (path) => (isFile(path) ? "file" : isDirectory(path) ? "directory" : undefined),
    source: (path) => files.source(path),
    list: (directory) => readdirSync(directory),
    isExecutable(path) {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    },
    run(program, args) {
      const { stdout, stderr, status } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
      return { stdout: stdout ?? "", stderr: stderr ?? "", exitCode: status ?? undefined };
    },
  };
}
