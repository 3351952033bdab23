import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { messageOf } from "../lib/errors.ts";
import { createEnvironment } from "../template/builtins.ts";
import type { Environment, TemplateWarning } from "../template/environment.ts";
import type { Frame } from "../template/frame.ts";
import { templateError } from "../template/template-error.ts";
import type { Settings } from "./config-settings.ts";
import { lookups } from "./lookups/all.ts";
import type { LookupContext } from "./lookups/lookup.ts";
import type { ProjectFiles } from "./project-files.ts";
import { candidates, findFile, type SearchPath } from "./search-path.ts";
import type { TemplateFiles } from "./template-files.ts";

export interface EnvironmentOptions {
  readonly files: ProjectFiles;
  readonly templates: () => TemplateFiles;
  readonly cwd: string;
  /** False while a task is only guessed at: then nothing may happen. */
  readonly effects: { readonly areAllowed: boolean };
  readonly warn: (warning: TemplateWarning) => void;
  /** Names of the inventory's hosts that a pattern chooses. */
  readonly hosts: (pattern: string) => readonly string[];
  readonly settings: Settings;
}

/** Lookups that do something: run a program, ask a server, make a file. */
const effectful: ReadonlySet<string> = new Set(["pipe", "lines", "url", "password"]);

/** What templates may use of the controller: lookups, other templates, the clock. */
export function templateEnvironment(options: EnvironmentOptions): Environment {
  return createEnvironment({
    lookup: (name, terms, named, frame) => runLookup(options, name, terms, named, frame),
    lookupNames: () => lookups.keys(),
    loadTemplate: (name, from) => options.templates().load(name, from),
    now: () => new Date(),
    random: Math.random,
    randomBytes,
    warn: (warning) => options.effects.areAllowed && options.warn(warning),
    files: {
      kind: (path) => {
        const stats = statSync(path, { throwIfNoEntry: false });
        return stats && (stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other");
      },
      isLink: (path) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false,
      isMount: (path) => existsSync(path) && (path === "/" || statSync(path).dev !== statSync(dirname(path)).dev),
      isSame: (a, b) => existsSync(a) && existsSync(b) && realpathSync(a) === realpathSync(b),
      realpath: (path) => (existsSync(path) ? realpathSync(path) : path),
    },
    home: (user) => (user === undefined ? homedir() : homeOf(user)),
    environ: (name) => process.env[name],
  });
}

function runLookup(
  options: EnvironmentOptions,
  name: string,
  terms: readonly unknown[],
  named: ReadonlyMap<string, unknown>,
  frame: Frame,
): unknown {
  if (!options.effects.areAllowed && effectful.has(name)) throw templateError(`lookup \`${name}\` is not read ahead`);
  const lookup = lookups.get(name);
  if (!lookup) throw templateError(`unknown lookup \`${name}\``, undefined, "E_UNKNOWN_LOOKUP");
  const search = searchPathOf(frame, options.cwd);
  const context: LookupContext = {
    find: (file, folder) => findFile(file, folder, search),
    candidates: (file, folder) => candidates(file, folder, search),
    readText: (path) => options.files.source(path).text,
    render: (path, variables) => options.templates().renderInside(path, frame.scope, variables),
    workingDirectory: search.at(-1) ?? options.cwd,
    hosts: options.hosts,
    settings: options.settings,
  };
  try {
    return lookup(terms, Object.fromEntries(named), context);
  } catch (error) {
    throw templateError(`lookup \`${name}\`: ${messageOf(error)}`, undefined, "E_LOOKUP");
  }
}

function searchPathOf(frame: Frame, cwd: string): SearchPath {
  const path = frame.scope.get("ansible_search_path");
  return Array.isArray(path) ? path.map(String) : [cwd];
}

function homeOf(user: string): string | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${user}:`));
  return line?.split(":")[5];
}
