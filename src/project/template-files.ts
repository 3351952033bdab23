import { statSync } from "node:fs";
import { userInfo, hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { TemplateSyntax } from "../task/controller.ts";
import { type Environment, type Scope, scopeOf } from "../template/environment.ts";
import { renderTemplate } from "../template/evaluate.ts";
import { parseTemplate } from "../template/parse-template.ts";
import type { Template } from "../template/template.ts";
import { Undefined } from "../template/undefined.ts";
import { managedText } from "./managed-text.ts";
import type { ProjectFiles } from "./project-files.ts";
import { findFile } from "./search-path.ts";

/** Template files of the project: parsed once, rendered with a task's variables. */
export class TemplateFiles {
  readonly #files: ProjectFiles;
  readonly #environment: () => Environment;
  readonly #managed: string;
  readonly #parsed = new Map<string, Template>();
  readonly #pathOf = new WeakMap<Template, { readonly path: string; readonly search: readonly string[] }>();

  /** `managed`: the setting `ansible_managed`. */
  constructor(files: ProjectFiles, environment: () => Environment, managed: string) {
    this.#files = files;
    this.#environment = environment;
    this.#managed = managed;
  }

  /** Text of a template file for a task: its variables and `template_path`, `template_host` and so on. */
  render(path: string, scope: Scope, syntax: TemplateSyntax = {}): string {
    return renderTemplate(
      this.#parse(path, scope, syntax),
      scopeOf(templateVariables(path, this.#managed), scope),
      this.#environment(),
    );
  }

  /** The same for a lookup inside of another template, with stronger variables. */
  renderInside(path: string, scope: Scope, variables: Readonly<Record<string, unknown>>): string {
    const all = { ...templateVariables(path, this.#managed), ...variables };
    return renderTemplate(this.#parse(path, scope, {}), scopeOf(all, scope), this.#environment());
  }

  /** For `include`, `import` and `extends`: beside the template that asks, in the search path's `templates/`. */
  load(name: string, from: Template | undefined): Template | undefined {
    const known = from && this.#pathOf.get(from);
    const search = known ? [dirname(known.path), ...known.search] : [];
    const path = findFile(name, "templates", search);
    if (path === undefined) return undefined;
    return this.#parseAt(path, search, {});
  }

  #parse(path: string, scope: Scope, syntax: TemplateSyntax): Template {
    const search = scope.get("ansible_search_path");
    return this.#parseAt(
      resolve(path),
      Array.isArray(search) && !(search instanceof Undefined) ? search.map(String) : [],
      syntax,
    );
  }

  #parseAt(path: string, search: readonly string[], syntax: TemplateSyntax): Template {
    const key = JSON.stringify([path, search, syntax]);
    const known = this.#parsed.get(key);
    if (known) return known;
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
      throw new TsrunError({ code: "E_FILE_NOT_FOUND", message: `no template \`${path}\`` });
    }
    const template = parseTemplate(this.#files.source(path), syntax);
    this.#parsed.set(key, template);
    this.#pathOf.set(template, { path, search });
    return template;
  }
}

/** Variables that Ansible gives to template files; each is worked out where a template asks for it. */
function templateVariables(path: string, managed: string): Readonly<Record<string, unknown>> {
  const mtime = (): Date | undefined => statSync(path, { throwIfNoEntry: false })?.mtime;
  return {
    get ansible_managed() {
      return managedText(managed, { path, owner: userName(), mtime: mtime() ?? new Date() });
    },
    template_path: path,
    template_fullpath: resolve(path),
    get template_host() {
      return hostname();
    },
    get template_uid() {
      return userName();
    },
    get template_mtime() {
      return mtime()?.toISOString().replace("T", " ").slice(0, 19);
    },
    get template_run_date() {
      return new Date().toISOString().replace("T", " ").slice(0, 19);
    },
    template_destpath: null,
  };
}

let knownUserName: string | undefined;

/** Looked up once: it costs a system call. */
function userName(): string {
  knownUserName ??= userInfo().username;
  return knownUserName;
}
