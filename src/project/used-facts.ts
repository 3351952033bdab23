import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ExpandedPlay } from "./expanded.ts";
import { MentionedFacts } from "./mentioned-facts.ts";
import type { Project } from "./project.ts";
import { isDirectory } from "./project-files.ts";

/** Where relative names of a playbook or a role are looked for, besides beside it. */
const folders = ["tasks", "handlers", "vars", "defaults", "meta", "templates"];
const inventoryFolders = ["group_vars", "host_vars"];

/** More text than this is not worth reading for the facts that it might save. */
const maxFiles = 2000;
const maxBytes = 256 * 1024;

/**
 * The names of the facts that a run can use: undefined when that may be any. Looks at all that the project has read so far, and at what lies
 * where the run may find more.
 */
export function usedFacts(project: Project, plays: readonly ExpandedPlay[]): ReadonlySet<string> | undefined {
  const { options, settings } = project;
  if (options.wantsAllFacts || settings.fact_caching !== "memory" || settings.enable_task_debugger) return undefined;
  const mentioned = new MentionedFacts();
  for (const text of project.files.texts()) mentioned.read(text);
  mentioned.read(JSON.stringify(project.extraVars.values));
  if (mentioned.isOpen) return undefined;
  const playbooks = new Set(plays.map(({ path }) => dirname(path)));
  const inventories = new Set(options.inventory.map((source) => dirname(resolve(options.cwd, source))));
  const places = [
    ...[...playbooks, ...project.roles.loaded.map(({ path }) => path)].flatMap((base) =>
      folders.map((folder) => join(base, folder)),
    ),
    ...[options.cwd, ...playbooks, ...inventories].flatMap((base) =>
      inventoryFolders.map((folder) => join(base, folder)),
    ),
    join(options.cwd, "templates"),
    join(options.cwd, "vars"),
  ];
  let left = maxFiles;
  for (const path of new Set(places.filter(isDirectory).flatMap(filesBelow))) {
    if (left-- === 0 || (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) return undefined;
    mentioned.read(readFileSync(path, "utf8"));
    if (mentioned.isOpen) return undefined;
  }
  return mentioned.result;
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
