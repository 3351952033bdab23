import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Playbook → host → names of handlers. */
type Pending = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/**
 * Handlers that were notified in a run that failed before they ran. The next run of the playbook runs them: what they were notified
 * for is done already, so that nothing would notify them again. Kept in the project's `.tsrun/pending-handlers.json`.
 */
export class PendingHandlers {
  readonly #cwd: string;
  readonly #path: string;
  #pending: Pending | undefined;

  constructor(cwd: string) {
    this.#cwd = cwd;
    this.#path = join(cwd, ".tsrun", "pending-handlers.json");
  }

  of(playbook: string, host: string): readonly string[] {
    return this.#load()[relative(this.#cwd, playbook)]?.[host] ?? [];
  }

  /** Keeps the names for a host, or forgets it when there are none. Nothing is written when nothing changes. */
  keep(playbook: string, host: string, names: readonly string[]): void {
    const known = this.of(playbook, host);
    if (known.length === names.length && known.every((name) => names.includes(name))) return;
    const key = relative(this.#cwd, playbook);
    const all = new Map(Object.entries(this.#load()));
    const hosts = new Map(Object.entries(all.get(key) ?? {}));
    if (names.length > 0) hosts.set(host, names);
    else hosts.delete(host);
    if (hosts.size > 0) all.set(key, Object.fromEntries(hosts));
    else all.delete(key);
    this.#save(Object.fromEntries(all));
  }

  #load(): Pending {
    this.#pending ??= existsSync(this.#path) ? parse(readFileSync(this.#path, "utf8")) : {};
    return this.#pending;
  }

  #save(pending: Pending): void {
    this.#pending = pending;
    if (Object.keys(pending).length === 0) return rmSync(this.#path, { force: true });
    mkdirSync(dirname(this.#path), { recursive: true });
    const temporary = `${this.#path}.${process.pid}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(pending, undefined, 2)}\n`);
    renameSync(temporary, this.#path);
  }
}

/** A file that somebody damaged counts for none: it is a help, no source of truth. */
function parse(text: string): Pending {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Pending) : {};
  } catch {
    return {};
  }
}
