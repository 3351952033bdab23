import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TsrunError } from "../lib/errors.ts";
import type { Findings } from "../lib/findings.ts";
import type { SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { readLimit } from "../inventory/match-hosts.ts";
import { templatePluginTools } from "../inventory/plugin-tools.ts";
import type { PlaybookEntry } from "../playbook/model.ts";
import { parsePlaybook } from "../playbook/parse-playbook.ts";
import { missingModule } from "../modules/missing-module.ts";
import { type ModuleDefinition, ModuleRegistry } from "../modules/registry.ts";
import type { Controller } from "../task/controller.ts";
import type { TemplateWarning } from "../template/environment.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { finalize, VarScope } from "../vars/scope.ts";
import { Templater } from "../vars/templater.ts";
import type { VaultText } from "../yaml/vault-text.ts";
import { rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import { adHocSource } from "./ad-hoc.ts";
import { DEFAULT_SETTINGS, type Settings } from "./config-settings.ts";
import { createController } from "./controller.ts";
import { Expander } from "./expand.ts";
import { type ExpandedPlay, type ExpandedTask, type Frame, playVars } from "./expanded.ts";
import { extraVars } from "./extra-vars.ts";
import { readInventory } from "./inventory-files.ts";
import type { RunHooks, RunOptions } from "./options.ts";
import { isDirectory, isFile, ProjectFiles } from "./project-files.ts";
import { settingKeywords } from "./setting-keywords.ts";
import { PendingHandlers } from "./pending-handlers.ts";
import { Roles } from "./roles.ts";
import { expandHome, type SearchPath } from "./search-path.ts";
import { templateEnvironment } from "./template-environment.ts";
import { TemplateFiles } from "./template-files.ts";
import { VaultReader, vaultPasswords } from "./vault-passwords.ts";

/** Roles that come with tsrun, found after the project's own. */
const shippedRoles = fileURLToPath(new URL("../../../roles", import.meta.url));

/** The project's own modules. In tsrun's own checkout `tasks/` holds those that are built in: they are loaded as built, which is faster. */
function projectModules(cwd: string): readonly string[] {
  const directory = join(cwd, "tasks");
  return directory === join(dirname(shippedRoles), "tasks") ? [] : [directory];
}

export interface LoadedPlaybook {
  readonly path: string;
  readonly plays: readonly ExpandedPlay[];
}

/** Everything on disk that a run is made of, composed: playbooks, roles, inventory, variables, templates, modules. */
export class Project {
  readonly options: RunOptions;
  readonly settings: Settings;
  readonly files: ProjectFiles;
  readonly roles: Roles;
  readonly templater: Templater;
  readonly expander: Expander;
  readonly extraVars: VarsLayer;
  readonly pendingHandlers: PendingHandlers;
  /** Variables of the command line's own options, weaker than everything. */
  readonly optionVars: VarsLayer = { name: "options", values: {}, trusted: false };
  readonly #registry: ModuleRegistry;
  readonly #templates: TemplateFiles;
  readonly #vault: VaultReader;
  readonly #warn: (warning: TemplateWarning) => void;
  #inventory: Inventory;
  #limits: readonly string[] | undefined;
  #layers = new Map<string, readonly VarsLayer[]>();
  #usesModuleDefaults = false;
  readonly #effects = { areAllowed: true };

  constructor(parts: {
    readonly options: RunOptions;
    readonly files: ProjectFiles;
    readonly vault: VaultReader;
    readonly warn: (warning: TemplateWarning) => void;
  }) {
    const { options, files, vault } = parts;
    this.options = options;
    this.settings = options.settings ?? DEFAULT_SETTINGS;
    this.files = files;
    this.#vault = vault;
    this.#warn = parts.warn;
    this.pendingHandlers = new PendingHandlers(options.cwd);
    this.extraVars = extraVars(options.extraVars, files, options.cwd);
    const environment = templateEnvironment({
      settings: this.settings,
      files,
      templates: () => this.#templates,
      cwd: options.cwd,
      effects: this.#effects,
      warn: parts.warn,
      hosts: (pattern) => this.#inventory.match(pattern).map(({ name }) => name),
    });
    this.templater = new Templater(environment, {
      mergesMappings: this.settings.hash_behaviour === "merge",
      keepsUndefined: !this.settings.error_on_undefined_vars,
    });
    this.#templates = new TemplateFiles(files, () => environment, this.settings.ansible_managed);
    const own = [join(options.cwd, "roles"), ...this.settings.roles_path];
    const rolesPath = [...own, ...(isDirectory(shippedRoles) ? [shippedRoles] : [])];
    this.roles = new Roles(files, rolesPath, this.settings.collections_path);
    this.expander = new Expander({
      files,
      roles: this.roles,
      templater: this.templater,
      decrypt: this.decrypt,
      extraVars: this.extraVars,
      hasPrivateRoles: this.settings.private_role_vars,
    });
    this.#registry = new ModuleRegistry([...projectModules(options.cwd), ...this.settings.library].filter(isDirectory));
    this.#inventory = this.#readInventory();
  }

  /** Opens a `!vault` value. */
  readonly decrypt = (text: VaultText): string => this.#vault.text(text);

  /** The plays of playbooks, `import_playbook` opened. `site.yaml` may stand for `playbooks/site.yaml`. */
  playbooks(names: readonly string[]): readonly LoadedPlaybook[] {
    const { adHoc, cwd } = this.options;
    if (adHoc) {
      const path = resolve(cwd, adHocSource(adHoc).path);
      const entries = parsePlaybook(adHocSource(adHoc), this.files.findings);
      return [{ path, plays: this.#configured(this.#playsOf(entries, path, [])) }];
    }
    const { findings } = this.files;
    const load = (name: string): LoadedPlaybook => {
      const path = this.#findPlaybook(name);
      return { path, plays: this.#configured(this.#plays(path, [])) };
    };
    return findings.together(() => names.flatMap((name) => findings.attempt(() => [load(name)], [])));
  }

  /** The module of a task; a role's `library/` and the project's `tasks/` come before tsrun's own. */
  module(task: ExpandedTask): Promise<ModuleDefinition> {
    return this.moduleNamed(task.task.module.name, task.task.module.at, task);
  }

  async moduleNamed(name: string, at: SourceRange, task: ExpandedTask): Promise<ModuleDefinition> {
    const roles = task.frame.role ? [task.frame.role, ...task.frame.parentRoles] : [];
    const libraries = roles.map((role) => join(role.path, "library")).filter(isDirectory);
    const found = await this.#registry.find(name, libraries);
    if (found) return found;
    const short = name.split(".").at(-1) as string;
    const known = await this.#registry.whyMissing(name, libraries);
    if (known !== undefined) {
      const hint = `write it: \`tasks/${short}.ts\` (docs/write-a-module.md)`;
      return missingModule(name, new TsrunError({ code: "E_MISSING_MODULE", message: known, at, hint }));
    }
    throw new TsrunError({
      code: "E_UNKNOWN_MODULE",
      message: `unknown module \`${name}\``,
      at,
      hint:
        didYouMean(short, await this.#registry.names()) ??
        (name.endsWith("import_playbook")
          ? "it stands at the top of a playbook, beside the plays"
          : "write it: docs/write-a-module.md"),
    });
  }

  /**
   * Runs something that only guesses: lookups that do something (`pipe`, `url`, `password`) throw instead. Synchronous.
   */
  withoutEffects<T>(action: () => T): T {
    const { areAllowed } = this.#effects;
    this.#effects.areAllowed = false;
    try {
      return action();
    } finally {
      this.#effects.areAllowed = areAllowed;
    }
  }

  /** A controller for guesses: its templates are rendered without effects. */
  guessingController(search: SearchPath, scope: VarScope): Controller {
    const controller = this.controller(search, scope);
    return { ...controller, render: (path, syntax) => this.withoutEffects(() => controller.render(path, syntax)) };
  }

  controller(search: SearchPath, scope: VarScope): Controller {
    const decrypt = (text: string, path: string): string => this.#vault.file(text, path);
    return createController({ files: this.files, templates: this.#templates, search, scope, decrypt });
  }

  /** Variables that are known before a play chooses its hosts: for `hosts`, `name`, `serial`. */
  playScope(play: ExpandedPlay): VarScope {
    const magic: VarsLayer = {
      name: "magic",
      trusted: false,
      values: { ...this.runMagicValues(), groups: this.groups(), playbook_dir: this.directoryOf(play) },
    };
    const layers = [magic, this.extraVars, ...playVars(play.frame), ...this.#groupAllLayers()];
    return new VarScope(layers, this.templater, this.decrypt);
  }

  /** Whether any play read so far has `module_defaults`. */
  get usesModuleDefaults(): boolean {
    return this.#usesModuleDefaults;
  }

  directoryOf(play: ExpandedPlay): string {
    return dirname(play.path);
  }

  /** Variables about the run itself, computed when they are asked for. */
  get runMagic(): Readonly<Record<string, () => unknown>> {
    const values = this.runMagicValues();
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, () => value]));
  }

  runMagicValues(): Record<string, unknown> {
    const { tags, skipTags, forks, verbosity, limit, inventory, cwd } = this.options;
    return {
      ansible_run_tags: tags.length === 0 ? ["all"] : tags,
      ansible_skip_tags: skipTags,
      ansible_forks: forks ?? this.settings.forks,
      ansible_verbosity: verbosity,
      ansible_limit: limit.length === 0 ? null : limit.join(","),
      ansible_inventory_sources: inventory.map((source) => (source.includes(",") ? source : resolve(cwd, source))),
      ansible_version: { full: "2.19.0", major: 2, minor: 19, revision: 0, string: "2.19.0" },
      ansible_managed: this.settings.ansible_managed,
      ansible_config_file: this.options.ansibleConfigFile ?? null,
      ansible_playbook_python: "/usr/bin/python3",
    };
  }

  /** Says what is suspicious but may be meant. */
  warn(warning: TemplateWarning): void {
    this.#warn(warning);
  }

  get inventory(): Inventory {
    return this.#inventory;
  }

  // Inventory ------------------------------------------------------------------------------------------------------

  get inventoryVersion(): number {
    return this.#inventory.version;
  }

  /** Names of the hosts that a play's pattern and `--limit` choose, in inventory order. */
  match(pattern: string): readonly string[] {
    return this.#inventory.match(pattern, this.#limit()).map(({ name }) => name);
  }

  /** `--limit` with its files read, once. */
  #limit(): readonly string[] {
    const { cwd, limit } = this.options;
    this.#limits ??= readLimit(limit, (path) => this.files.source(resolve(cwd, expandHome(path))).text);
    return this.#limits;
  }

  hostNames(): readonly string[] {
    return [...this.#inventory.hosts.keys()];
  }

  groupNames(host: string): readonly string[] {
    return this.#inventory.groupNames(host);
  }

  groups(): Readonly<Record<string, readonly string[]>> {
    return this.#inventory.groupMembers();
  }

  /** Variables that the inventory and the `group_vars` and `host_vars` folders give a host, strongest first. */
  inventoryLayers(host: string): readonly VarsLayer[] {
    let layers = this.#layers.get(host);
    if (!layers) {
      layers = this.files.findings.attempt(() => this.#inventory.layersFor(host).toReversed(), []);
      this.#layers.set(host, layers);
    }
    return layers;
  }

  /** File that a host was first named in. */
  inventorySource(host: string): string | undefined {
    return this.#inventory.sourceOf(host);
  }

  /** Answers whether the host was new to the inventory or to one of the groups. */
  addHost(name: string, groups: readonly string[], vars: Readonly<Record<string, unknown>>): boolean {
    const isNew = this.#inventory.addHost(name, groups, vars);
    this.#inventoryChanged();
    return isNew;
  }

  /** Answers whether the host was not in the group before. */
  addToGroup(host: string, group: string, parents: readonly string[]): boolean {
    const isNew = this.#inventory.addToGroup(host, group, parents);
    this.#inventoryChanged();
    return isNew;
  }

  refreshInventory(): void {
    this.#inventory = this.#readInventory();
    this.#inventoryChanged();
  }

  #readInventory(): Inventory {
    const tools = templatePluginTools(this.templater, this.decrypt);
    return readInventory(this.options, this.files, { tools, warn: this.#warn });
  }

  #inventoryChanged(): void {
    this.#layers = new Map();
  }

  #groupAllLayers(): readonly VarsLayer[] {
    return this.files.findings.attempt(() => this.#inventory.layersFor("localhost").toReversed(), []);
  }

  // Playbooks ------------------------------------------------------------------------------------------------------

  #findPlaybook(name: string): string {
    const { cwd } = this.options;
    const path = expandHome(name);
    const tried = [resolve(cwd, path), resolve(cwd, "playbooks", path)];
    const found = tried.find(isFile);
    if (found !== undefined) return found;
    throw new TsrunError({
      code: "E_FILE_NOT_FOUND",
      message: `no playbook \`${name}\``,
      hint: `looked for ${tried.join(" and ")}`,
    });
  }

  /** `namespace.collection.name` is `playbooks/name.yml` of an installed collection. */
  #playbookOfCollection(name: string): string | undefined {
    const [namespace, collection, ...rest] = name.split(".");
    if (collection === undefined || rest.length === 0 || !/^[\w.]+$/.test(name)) return undefined;
    const file = rest.join("/").replace(/\/ya?ml$/, "");
    return [join(this.options.cwd, "collections"), ...this.settings.collections_path]
      .map((base) => join(base, "ansible_collections", namespace as string, collection, "playbooks", file))
      .flatMap((base) => [`${base}.yml`, `${base}.yaml`])
      .find(isFile);
  }

  /** Keywords that the configuration sets stand in a frame around every play. */
  #configured(plays: readonly ExpandedPlay[]): readonly ExpandedPlay[] {
    const raw = settingKeywords(this.settings);
    if (Object.keys(raw).length === 0) return plays;
    for (const { frame } of plays) {
      let outermost = frame;
      while (outermost.parent) outermost = outermost.parent;
      Object.assign(outermost, {
        parent: { ...frame, level: "block", parent: undefined, raw, vars: undefined, params: [] },
      });
    }
    return plays;
  }

  #plays(path: string, chain: readonly string[], at?: SourceRange, outer?: Frame): readonly ExpandedPlay[] {
    if (chain.includes(path)) {
      throw new TsrunError({ code: "E_IMPORT_CYCLE", message: `playbook \`${path}\` imports itself`, at });
    }
    const plays = this.#playsOf(this.files.playbook(path, at), path, chain, outer);
    if (this.files.source(path).text.includes("module_defaults")) this.#usesModuleDefaults = true;
    return plays;
  }

  #playsOf(
    entries: readonly PlaybookEntry[],
    path: string,
    chain: readonly string[],
    outer?: Frame,
  ): readonly ExpandedPlay[] {
    const { findings } = this.files;
    const plays = (entry: PlaybookEntry): readonly ExpandedPlay[] => {
      if (entry.kind === "play") return [this.expander.play(entry, path, outer)];
      const frame = importFrame(entry.raw, outer, dirname(path));
      const scope = new VarScope([this.extraVars, ...playVars(frame)], this.templater, this.decrypt);
      const file = this.templater.isTemplate(entry.file)
        ? String(finalize(scope.evaluateText(entry.file)))
        : entry.file;
      const target = this.#playbookOfCollection(file) ?? resolve(dirname(path), file);
      const place = rangeOfValue(entry.raw, "import_playbook") ?? rangeOfKey(entry.raw, "import_playbook") ?? entry.at;
      if (!isFile(target)) {
        throw new TsrunError({
          code: "E_FILE_NOT_FOUND",
          message: `no playbook \`${file}\``,
          at: place,
          hint: `looked for ${target}`,
        });
      }
      return this.#plays(target, [...chain, path], place, frame);
    };
    return findings.together(() => entries.flatMap((entry) => findings.attempt(() => plays(entry), [])));
  }
}

/** Loads everything that a run needs but the playbooks. Within a pass of `findings` what is wrong with the inventory is kept there. */
export async function loadProject(
  options: RunOptions,
  hooks: RunHooks,
  warn: (warning: TemplateWarning) => void,
  findings?: Findings,
): Promise<Project> {
  const passwords = await vaultPasswords(options.vault, options.cwd, hooks);
  const vault = new VaultReader(passwords, (value) => hooks.onSecret(value));
  const files = new ProjectFiles((text, path) => vault.file(text, path), findings);
  return new Project({ options, files, vault, warn });
}

/** Keywords of `import_playbook` (`when`, `tags`, `vars`) are those of a frame around each of its plays. */
function importFrame(raw: Readonly<Record<string, unknown>>, outer: Frame | undefined, directory: string): Frame {
  const { vars } = raw;
  const isMapping = typeof vars === "object" && vars !== null;
  return {
    level: "play",
    parent: outer,
    raw,
    role: undefined,
    parentRoles: [],
    vars: isMapping
      ? { name: "vars of import_playbook", values: vars as Record<string, unknown>, trusted: true }
      : undefined,
    params: [],
    directory,
  };
}
