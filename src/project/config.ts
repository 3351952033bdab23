import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { type ErrorCode, throwAll, TsrunError } from "../lib/errors.ts";
import { positionAt, type SourceFile, type SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { parseYamlDocument } from "../yaml/parse-yaml.ts";
import { rangeOf, rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import { type CfgEntry, parseCfg } from "./config-cfg.ts";
import { ansibleKeys, judgeKey } from "./config-ignored.ts";
import { isSettingName, type Setting, type SettingName, SETTINGS, type Settings } from "./config-settings.ts";
import { describeType, isBad, type ValueContext, valueOfText, valueOfYaml } from "./config-values.ts";

/** Where the environment and the person's home are. */
export interface ConfigPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** All settings of a run before its command line, and where each came from. */
export interface Config {
  readonly settings: Settings;
  /** `tsrun.yaml:3`, `ansible.cfg:12`, `$ANSIBLE_FORKS` or `default`. */
  readonly origins: Readonly<Record<SettingName, string>>;
  /** The ansible.cfg that was read. */
  readonly ansibleFile: string | undefined;
  readonly warnings: readonly TemplateWarning[];
}

interface Found {
  readonly value: unknown;
  readonly origin: string;
}

type FoundSettings = Map<SettingName, Found>;

/** The project's own file. */
const OWN_FILE = "tsrun.yaml";

/**
 * Reads the configuration, strongest first: `TSRUN_*`, `ANSIBLE_*`, `tsrun.yaml`, `ansible.cfg` (the one of `ANSIBLE_CONFIG`, else of
 * this directory, else `~/.ansible.cfg`, else `/etc/ansible/ansible.cfg`). Files in a directory that everybody may write to are refused
 * unless the environment names them; Ansible goes on without them. Throws E_CONFIG_KEY, E_CONFIG_VALUE and E_CONFIG_REFUSED, all at once.
 */
export function loadConfig(place: ConfigPlace): Config {
  const reader = new ConfigReader(place);
  const layers = [
    reader.environment((name) => [`TSRUN_${name.toUpperCase()}`], false),
    reader.environment((name) => SETTINGS[name].env, true),
    reader.ownFile(),
    reader.ansibleFile(),
    reader.defaults(),
  ];
  reader.throwIfAny();
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const found = layers.map((layer) => layer.get(name)).find((one) => one !== undefined);
    values[name] = found?.value;
    origins[name] = found?.origin ?? "default";
  }
  return {
    settings: values as unknown as Settings,
    origins: origins as Config["origins"],
    ansibleFile: reader.ansiblePath,
    warnings: reader.warnings,
  };
}

class ConfigReader {
  readonly warnings: TemplateWarning[] = [];
  ansiblePath: string | undefined;
  readonly #place: ConfigPlace;
  readonly #errors: TsrunError[] = [];

  constructor(place: ConfigPlace) {
    this.#place = place;
  }

  throwIfAny(): void {
    throwAll(this.#errors);
  }

  environment(namesOf: (name: SettingName) => readonly string[], isAnsible: boolean): FoundSettings {
    const found: FoundSettings = new Map();
    for (const name of Object.keys(SETTINGS) as SettingName[]) {
      for (const variable of namesOf(name)) {
        const written = this.#place.env[variable];
        if (written === undefined || found.has(name)) continue;
        const setting: Setting<unknown> = SETTINGS[name];
        const text = isAnsible ? fromAnsible(setting, written) : written;
        if (text === undefined) continue;
        const value = valueOfText(setting.type, text, this.#context(this.#place.cwd));
        if (isBad(value))
          this.#fail("E_CONFIG_VALUE", `expected ${value.expected} for \`$${variable}\`, got \`${written}\``);
        else found.set(name, { value, origin: `$${variable}` });
      }
    }
    return found;
  }

  ownFile(): FoundSettings {
    const { cwd, env } = this.#place;
    const named = env["TSRUN_CONFIG"];
    const path = named ? resolve(cwd, named) : join(cwd, OWN_FILE);
    const found: FoundSettings = new Map();
    const source = this.#read(path, named !== undefined);
    if (source === undefined) return found;
    const document = parseYamlDocument(source) ?? {};
    if (typeof document !== "object" || Array.isArray(document)) {
      const at = rangeOf(document) ?? { source, start: 0, end: source.text.search(/\n|$/) };
      this.#fail("E_CONFIG_VALUE", "expected a mapping of settings", at, "forks: 20");
      return found;
    }
    for (const [name, written] of Object.entries(document)) {
      const at = rangeOfKey(document, name);
      if (!isSettingName(name)) {
        const hint = didYouMean(name, Object.keys(SETTINGS)) ?? "tsrun config lists all settings";
        this.#fail("E_CONFIG_KEY", `unknown setting \`${name}\``, at, hint);
        continue;
      }
      const { type } = SETTINGS[name];
      const value =
        written === null ? { expected: describeType(type) } : valueOfYaml(type, written, this.#context(dirname(path)));
      if (isBad(value)) {
        const place = rangeOfValue(document, name) ?? at;
        this.#fail("E_CONFIG_VALUE", `expected ${value.expected} for \`${name}\``, place);
      } else found.set(name, { value, origin: originOf(at ?? { source, start: 0, end: 0 }) });
    }
    return found;
  }

  ansibleFile(): FoundSettings {
    const found: FoundSettings = new Map();
    const path = this.#ansiblePath();
    const source = path === undefined ? undefined : this.#read(path, true);
    if (path === undefined || source === undefined) return found;
    this.ansiblePath = path;
    const entries = new Map(parseCfg(source).map((entry) => [`${entry.section}.${entry.key}`, entry]));
    for (const name of Object.keys(SETTINGS) as SettingName[]) {
      const setting: Setting<unknown> = SETTINGS[name];
      const entry = setting.ini.map((key) => entries.get(key)).find((one) => one !== undefined);
      for (const key of setting.ini) entries.delete(key);
      if (entry === undefined) continue;
      const text = fromAnsible(setting, entry.value);
      if (text === undefined) continue;
      const value = valueOfText(setting.type, text, this.#context(dirname(path)));
      if (isBad(value)) {
        this.#fail(
          "E_CONFIG_VALUE",
          `expected ${value.expected} for \`${entry.key}\`, got \`${entry.value}\``,
          entry.at,
        );
      } else found.set(name, { value, origin: originOf(entry.at) });
    }
    for (const entry of entries.values()) this.#judge(entry);
    return found;
  }

  defaults(): FoundSettings {
    const context = this.#context(this.#place.cwd);
    return new Map(
      (Object.keys(SETTINGS) as SettingName[]).map((name) => {
        const { type, default: value }: Setting<unknown> = SETTINGS[name];
        return [name, { value: Array.isArray(value) ? valueOfYaml(type, value, context) : value, origin: "default" }];
      }),
    );
  }

  /** The first that is there, as Ansible's `find_ini_config_file`. */
  #ansiblePath(): string | undefined {
    const { cwd, env } = this.#place;
    const named = env["ANSIBLE_CONFIG"];
    if (named) {
      const path = resolve(cwd, named.replace(/^~(?=\/|$)/, env["HOME"] ?? homedir()));
      const inside = isDirectory(path) ? join(path, "ansible.cfg") : path;
      if (isFile(inside)) return inside;
    }
    const own = join(cwd, "ansible.cfg");
    if (isFile(own) && !this.#refuses(own)) return own;
    const others = [join(env["HOME"] ?? homedir(), ".ansible.cfg"), "/etc/ansible/ansible.cfg"];
    return others.find(isFile);
  }

  #read(path: string, isNamed: boolean): SourceFile | undefined {
    if (!isFile(path)) {
      if (isNamed) this.#fail("E_FILE_NOT_FOUND", `cannot read the configuration \`${path}\``);
      return undefined;
    }
    if (!isNamed && this.#refuses(path)) return undefined;
    const shorter = relative(this.#place.cwd, path);
    return { path: shorter.startsWith("..") ? path : shorter, text: readFileSync(path, "utf8") };
  }

  /** Whoever may write there could make a run do anything (docs.ansible.com: "cfg in world writable dir"). */
  #refuses(path: string): boolean {
    const directory = dirname(path);
    if ((statSync(directory).mode & 0o002) === 0) return false;
    const name = path.slice(directory.length + 1);
    this.#fail(
      "E_CONFIG_REFUSED",
      `refused \`${name}\`: everybody may write to its directory \`${directory}\``,
      undefined,
      `chmod o-w ${directory}, or name it: ${name === OWN_FILE ? "TSRUN_CONFIG" : "ANSIBLE_CONFIG"}=${path}`,
    );
    return true;
  }

  #judge({ section, key, value, at }: CfgEntry): void {
    const verdict = judgeKey(section, key, value);
    if (verdict === "unsupported") {
      this.warnings.push({ message: `\`${key}\` of ansible.cfg has no effect in tsrun`, at });
    } else if (verdict === "unknown") {
      const own = Object.values(SETTINGS).flatMap((setting: Setting<unknown>) => setting.ini);
      const keys = own.filter((one) => one.startsWith(`${section}.`)).map((one) => one.slice(section.length + 1));
      const hint = didYouMean(key, [...keys, ...ansibleKeys(section)]);
      this.warnings.push({ message: `unknown setting \`${key}\` in \`[${section}]\``, at, hint });
    }
  }

  #fail(code: ErrorCode, message: string, at?: SourceRange, hint?: string): void {
    this.#errors.push(new TsrunError({ code, message, at, hint }));
  }

  #context(base: string): ValueContext {
    return { base, cwd: this.#place.cwd, env: this.#place.env };
  }
}

function fromAnsible(setting: Setting<unknown>, written: string): string | undefined {
  const text = written.trim().replace(/^(["'])([^]*)\1$/, "$2");
  return setting.fromAnsible ? setting.fromAnsible(text) : written;
}

function originOf(at: SourceRange): string {
  return `${at.source.path}:${positionAt(at.source, at.start).line}`;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
