import { basename } from "node:path/posix";
import type { Change } from "../task/change.ts";
import type { Query } from "../task/query.ts";
import type { Observation } from "./observe-resource.ts";

/** State that changes alter, by what they say of themselves. */
export class TouchedState {
  readonly #kinds = new Set<string>();
  readonly #ids = new Set<string>();
  readonly #paths = new Set<string>();

  add(changes: readonly Change[]): void {
    for (const { query, steps, mayAlter = [] } of changes) {
      this.#addQuery(query);
      for (const one of mayAlter) {
        if (typeof one === "string") this.#kinds.add(one);
        else this.#addQuery(one);
      }
      for (const step of steps) if (step.type === "write") this.#paths.add(step.file.path);
    }
  }

  /** Whether somebody who saw this might see something else now. */
  concerns({ asked, answers }: Observation): boolean {
    return asked.some((query) => {
      if (this.#ids.has(query.id) || this.#kinds.has(query.kind.name)) return true;
      const path = pathOf(query);
      if (path === undefined) return false;
      const isPlain = query.kind.name === "file" && answers.get(query.id) !== undefined;
      return [...this.#paths].some((touched) => isConcerned(path, touched, isPlain));
    });
  }

  #addQuery(query: Query<unknown>): void {
    this.#ids.add(query.id);
    const path = pathOf(query);
    if (path !== undefined) this.#paths.add(path);
  }
}

/** `isPlain`: only what the path itself is was seen, and it is there. */
function isConcerned(path: string, touched: string, isPlain: boolean): boolean {
  if (path === touched || path.startsWith(`${touched}/`)) return true;
  // What is made below a directory alters what is seen of all that it holds, or makes the directory along with it.
  if (touched.startsWith(path === "/" ? path : `${path}/`)) return !isPlain;
  // Directories may be known by two names; the rest of the path is the same then.
  return path.split("/").includes(basename(touched));
}

function pathOf({ key }: Query<unknown>): string | undefined {
  const { dest, path } = (key ?? {}) as Readonly<Record<"dest" | "path", unknown>>;
  return [key, dest, path].find((part) => typeof part === "string" && part.startsWith("/")) as string | undefined;
}
