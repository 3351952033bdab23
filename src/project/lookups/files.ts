import { lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Lookup, type LookupContext, LookupError } from "./lookup.ts";

/** `lookup('file', 'name')`: text of a file of the project. */
export const file: Lookup = (terms, options, context) =>
  terms.map((term) => {
    let text = context.readText(require(String(term), "files", context));
    if (options["lstrip"] === true) text = text.trimStart();
    if (options["rstrip"] !== false) text = text.trimEnd();
    return text;
  });

/** `lookup('unvault', 'name')`: as `file`, nothing stripped. */
export const unvault: Lookup = (terms, _options, context) =>
  terms.map((term) => context.readText(require(String(term), "files", context)));

/** `lookup('template', 'name.j2')`: the rendered template. */
export const template: Lookup = (terms, options, context) =>
  terms.map((term) =>
    context.render(
      require(String(term), "templates", context),
      (options["template_vars"] as Record<string, unknown> | undefined) ?? {},
    ),
  );

/** `lookup('fileglob', '*.conf')`: files (not directories) that match. */
export const fileglob: Lookup = (terms, _options, context) =>
  terms.flatMap((term) => {
    const pattern = String(term);
    const directory = dirname(pattern) === "." ? context.find(".", "files") : context.find(dirname(pattern), "files");
    if (directory === undefined) return [];
    const matches = matcher(basename(pattern));
    return readdirSync(directory)
      .filter((name) => matches(name) && statSync(join(directory, name), { throwIfNoEntry: false })?.isFile())
      .map((name) => join(directory, name));
  });

/** `lookup('first_found', [...])` and `with_first_found`: the first file that exists. */
export const firstFound: Lookup = (terms, options, context) => {
  const tried: string[] = [];
  let skip = options["skip"] === true;
  const search = (files: unknown, paths: unknown): string | undefined => {
    for (const name of listOf(files)) {
      const directories = listOf(paths);
      const names =
        directories.length === 0 ? [String(name)] : directories.map((path) => join(String(path), String(name)));
      for (const candidate of names) {
        for (const folder of ["templates", "vars", "files", "tasks"] as const) {
          tried.push(candidate);
          const found = context.find(candidate, folder);
          if (found !== undefined) return found;
        }
      }
    }
    return undefined;
  };
  const entries = terms.flatMap((term) => (Array.isArray(term) ? (term as unknown[]) : [term]));
  if (entries.length === 0 && options["files"] !== undefined) entries.push(options);
  for (const entry of entries) {
    const isObject = typeof entry === "object" && entry !== null;
    const spec = entry as { files?: unknown; paths?: unknown; skip?: unknown };
    if (isObject && spec.skip === true) skip = true;
    const found = isObject ? search(spec.files, spec.paths ?? options["paths"]) : search([entry], options["paths"]);
    if (found !== undefined) return [found];
  }
  if (skip) return [];
  throw new LookupError(`none of these files exists: ${[...new Set(tried)].join(", ")}`);
};

/** `with_filetree`: everything below directories, with its properties. */
export const filetree: Lookup = (terms, _options, context) =>
  terms.flatMap((term) => {
    const root = require(String(term), "files", context);
    return (readdirSync(root, { recursive: true }) as string[]).sort().map((path) => {
      const stats = lstatSync(join(root, path));
      const state = stats.isSymbolicLink() ? "link" : stats.isDirectory() ? "directory" : "file";
      return {
        root: `${root}/`,
        path,
        state,
        src: state === "link" ? readlinkSync(join(root, path)) : join(root, path),
        mode: `0${(stats.mode & 0o7777).toString(8)}`,
        uid: stats.uid,
        gid: stats.gid,
        size: stats.size,
        mtime: stats.mtimeMs / 1000,
        ctime: stats.ctimeMs / 1000,
      };
    });
  });

function require(name: string, folder: "files" | "templates", context: LookupContext): string {
  const found = context.find(name, folder);
  if (found !== undefined) return found;
  throw new LookupError(`no file \`${name}\`; looked for ${context.candidates(name, folder).join(", ")}`);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return value.split(/[,;:]/).map((part) => part.trim());
  return Array.isArray(value) ? value : [value];
}

function matcher(glob: string): (name: string) => boolean {
  const pattern = glob
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
    .replaceAll("[!", "[^");
  const expression = new RegExp(`^${pattern}$`, "s");
  return (name) => expression.test(name) && (!name.startsWith(".") || glob.startsWith("."));
}
