import type { Change } from "../task/change.ts";
import { unknown } from "../task/change.ts";
import type { Query } from "../task/query.ts";

/** A predicted change that may make other things than the one that it names. */
interface PendingAlteration {
  readonly kinds: ReadonlySet<string>;
  /** Ids of single queries. */
  readonly pieces: ReadonlySet<string>;
  readonly name: string;
  readonly task: string;
}

/** Directories into which packages put files. What lies elsewhere no package makes. */
const packagedPaths = /^\/(etc|usr|lib|lib64|bin|sbin|var|opt|run|srv)(\/|$)/;

/**
 * What check mode believes of a host: every predicted change alters the state that later tasks see. Kinds that a change may alter
 * without saying how (a package's files, units, users) are unknown where the host has none yet.
 */
export class Predictions {
  readonly #answers = new Map<string, unknown>();
  readonly #pending: PendingAlteration[] = [];
  /** Tasks by the queries whose answers they would alter. */
  readonly #makers = new Map<string, string>();
  /** The last task that was left out because nobody can tell what it does. */
  leftOut: string | undefined;

  /** Takes in a task that only a real run carries out: a command may make anything. */
  leaveOut(task: string): void {
    this.leftOut = task;
  }

  /** Takes in what a task would change. `current`: what each query answered before. */
  add(changes: readonly Change[], current: (query: Query<unknown>) => unknown, task: string): void {
    for (const change of changes) {
      this.#makers.set(change.query.id, task);
      if (!change.isEvent) this.#answers.set(change.query.id, predict(change, current(change.query)));
      const alterations = change.mayAlter ?? [];
      const kinds = new Set(alterations.filter((alteration) => typeof alteration === "string"));
      const pieces = new Set(
        alterations.flatMap((alteration) => (typeof alteration === "string" ? [] : [alteration.id])),
      );
      if (alterations.length > 0) this.#pending.push({ kinds, pieces, name: nameOf(change.query), task });
    }
  }

  /** What a query would answer at this point of the real run; `unknown` where that cannot be told. */
  correct(query: Query<unknown>, actual: unknown): unknown {
    if (this.#answers.has(query.id)) return this.#answers.get(query.id);
    if (!isAbsent(actual) || this.#hasUnitFile(query)) return actual;
    return this.#pending.some((pending) => mayMake(pending, query)) ? unknown : actual;
  }

  /** Whether an earlier task would write the file of the unit that is asked for: it is nobody else's then. */
  #hasUnitFile(query: Query<unknown>): boolean {
    if (query.kind.name !== "unit") return false;
    const name = nameOf(query);
    const path = `/etc/systemd/system/${/\.[a-z]+$/.test(name) ? name : `${name}.service`}`;
    const file = this.#answers.get(`file ${JSON.stringify(path)}`);
    return typeof file === "object" && file !== null;
  }

  /** The task that could make something that these queries did not find. Why a plan without it failed, maybe. */
  possibleCause(answers: readonly (readonly [query: Query<unknown>, answer: unknown])[]): string | undefined {
    const absent = answers.filter(([, answer]) => isAbsent(answer)).map(([query]) => query);
    const pending = this.#pending.find((each) => absent.some((query) => couldMake(each, query)));
    return pending?.task ?? (absent.length > 0 ? this.leftOut : undefined);
  }

  /** The task whose packages may bring a program; of a known path or name: such that bear its name (`apache2` brings `apache2ctl`). */
  bringerOfProgram(path: string | undefined): string | undefined {
    if (path === undefined) return this.#bringerOf("program");
    const program = path.split("/").at(-1) as string;
    return this.#pending.find(
      ({ kinds, name }) => kinds.has("program") && stemsOf(name).some((stem) => program.startsWith(stem)),
    )?.task;
  }

  /** The task that would make an account that the host does not have, itself or by its packages. */
  bringerOfUser(name: string): string | undefined {
    return this.#makers.get(`user ${JSON.stringify(name)}`) ?? this.#bringerOf("user");
  }

  #bringerOf(kind: string): string | undefined {
    return this.#pending.find(({ kinds }) => kinds.has(kind))?.task;
  }

  /** The task on which an unknown query depends. */
  cause(query: Query<unknown>): string | undefined {
    return this.#pending.find((pending) => mayMake(pending, query))?.task;
  }
}

function predict(change: Change, before: unknown): unknown {
  if (change.action === "remove") return undefined;
  if (change.after === unknown) return unknown;
  const isPartial = change.action === "change" && typeof before === "object" && before !== null;
  if (!isPartial) return change.after;
  const set = Object.entries(change.after as object).filter(([, value]) => value !== undefined);
  return { ...before, ...Object.fromEntries(set) };
}

function isAbsent(answer: unknown): boolean {
  if (answer === undefined || answer === null) return true;
  return typeof answer === "object" && "exists" in answer && answer.exists === false;
}

/**
 * Whether a pending change is known to make such things as the queried one: any unit and program; files, users and groups that bear its name (the
 * package `nginx` brings `/etc/nginx/…`, `redis-server` the user `redis`); what lies below its directory. Other absent things
 * are taken for absent.
 */
function mayMake(pending: PendingAlteration, query: Query<unknown>): boolean {
  if (pending.pieces.has(query.id)) return true;
  if (!pending.kinds.has(query.kind.name)) return false;
  if (query.kind.name === "unit" || query.kind.name === "program") return true;
  const name = nameOf(query);
  if (pending.name.startsWith("/")) return name === pending.name || name.startsWith(`${pending.name}/`);
  if (name.startsWith("/") && !packagedPaths.test(name)) return false;
  const stems = stemsOf(pending.name);
  return name
    .split("/")
    .some((part) => stems.some((stem) => part.startsWith(stem) && !/^[a-z]/i.test(part.slice(stem.length))));
}

/** Whether a pending change could make the queried thing, whatever its name: what a package brings is its own business. */
function couldMake(pending: PendingAlteration, query: Query<unknown>): boolean {
  if (!pending.kinds.has(query.kind.name)) return false;
  const name = nameOf(query);
  return !pending.name.startsWith("/") && (!name.startsWith("/") || packagedPaths.test(name));
}

/** A package's name as files bear it: `redis-server` and `nginx-light` are `redis` and `nginx` there, `postgresql-15` is `postgresql`. */
function stemsOf(name: string): readonly string[] {
  const word = (name.split("-")[0] ?? "").replace(/[0-9.]+$/, "");
  return word.length > 2 ? [name, word] : name.length > 1 ? [name] : [];
}

/** The directory, path or name in a query's key. */
function nameOf(query: Query<unknown>): string {
  const { key } = query;
  if (typeof key === "string") return key;
  const { dest, path, name } = (key ?? {}) as Readonly<Record<"dest" | "path" | "name", unknown>>;
  return [dest, path, name].find((part) => typeof part === "string") ?? "";
}
