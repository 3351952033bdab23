import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { Settings } from "./config-settings.ts";

type Facts = Readonly<Record<string, unknown>>;

/** Facts that outlive a run: one JSON file a host, in the form of Ansible's `jsonfile` cache, so that both may use one directory. */
export class FactCache {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #timeoutSeconds: number;

  constructor(options: { readonly directory: string; readonly prefix: string; readonly timeoutSeconds: number }) {
    this.#directory = options.directory;
    this.#prefix = options.prefix;
    this.#timeoutSeconds = options.timeoutSeconds;
  }

  /** Facts of a host; undefined when there are none, or when they are too old or damaged. */
  load(host: string): Facts | undefined {
    const path = this.#path(host);
    const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    if (path === undefined || !stats?.isFile()) return undefined;
    if (this.#timeoutSeconds > 0 && Date.now() - stats.mtimeMs > this.#timeoutSeconds * 1000) return undefined;
    try {
      const facts: unknown = JSON.parse(readFileSync(path, "utf8"));
      return typeof facts === "object" && facts !== null && !Array.isArray(facts) ? (facts as Facts) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps the facts of a host; without any, forgets it. */
  save(host: string, facts: Facts): void {
    const path = this.#path(host);
    if (path === undefined) return;
    if (Object.keys(facts).length === 0) return this.forget(host);
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}.tmp`;
    // Facts may tell more about a host than everybody should know.
    writeFileSync(temporary, `${JSON.stringify(facts, undefined, 4)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  }

  forget(host: string): void {
    const path = this.#path(host);
    if (path !== undefined) rmSync(path, { force: true });
  }

  /** A name with a slash (a chroot) is no file name; such a host has no kept facts. */
  #path(host: string): string | undefined {
    return host.includes("/") || host === "." || host === ".." ? undefined : join(this.#directory, this.#prefix + host);
  }
}

/** The cache that the settings ask for. Throws E_CONFIG_VALUE when they do not say where. */
export function factCache(settings: Settings): FactCache | undefined {
  if (settings.fact_caching === "memory") return undefined;
  const {
    fact_caching_connection: directory,
    fact_caching_prefix: prefix,
    fact_caching_timeout: timeoutSeconds,
  } = settings;
  if (directory !== undefined) return new FactCache({ directory, prefix, timeoutSeconds });
  throw new TsrunError({
    code: "E_CONFIG_VALUE",
    message: "`fact_caching` needs a directory in `fact_caching_connection`",
    hint: "fact_caching_connection: ~/.cache/tsrun-facts",
  });
}
