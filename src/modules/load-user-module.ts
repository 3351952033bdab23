import { readFileSync } from "node:fs";
import { TsrunError, messageOf } from "../lib/errors.ts";
import { positionAt, type SourceRange } from "../lib/source.ts";
import type { ModuleDefinition } from "./registry.ts";

/**
 * Loads a module that users wrote, straight from TypeScript. jiti rather than Node's own type stripping, because Node 20 has none;
 * `virtualModules` hands it the running SDK, so that its classes and this program's are the same.
 */
export async function loadUserModule(file: string): Promise<ModuleDefinition> {
  const [{ createJiti }, sdk, state] = await Promise.all([
    import("jiti"),
    import("../sdk/index.ts"),
    import("../sdk/state.ts"),
  ]);
  const jiti = createJiti(import.meta.url, {
    virtualModules: { tsrun: sdk, "tsrun/state": state },
    fsCache: false,
    moduleCache: false,
  });
  let loaded: { default?: unknown };
  try {
    loaded = await jiti.import(file);
  } catch (error) {
    throw new TsrunError({
      code: "E_MODULE_LOAD",
      message: `cannot load module: ${messageOf(error).split("\n")[0]}`,
      at: placeOf(file, error),
      hint: "run `npx tsc --noEmit` to see every type error",
      cause: error,
    });
  }
  if (!isModule(loaded.default)) {
    throw new TsrunError({
      code: "E_MODULE_SHAPE",
      message: "expected the default export of a module file to be `defineTask({ … })` or `defineAction({ … })`",
      at: { source: { path: file, text: readFileSync(file, "utf8") }, start: 0, end: 0 },
    });
  }
  return loaded.default;
}

function isModule(value: unknown): value is ModuleDefinition {
  return typeof value === "object" && value !== null && "type" in value && "args" in value && "name" in value;
}

/** The place in the file that a syntax error or a thrown error's stack names. */
function placeOf(file: string, error: unknown): SourceRange {
  const text = readFileSync(file, "utf8");
  const source = { path: file, text };
  const trace = `${messageOf(error)}\n${error instanceof Error ? (error.stack ?? "") : ""}`;
  const found = /:(\d+):(\d+)/.exec(trace.slice(Math.max(0, trace.indexOf(file)))) ?? /\((\d+):(\d+)\)/.exec(trace);
  if (!found) return { source, start: 0, end: 0 };
  const [line, column] = [Number(found[1]), Number(found[2])];
  let offset = 0;
  for (let at = 1; at < line; at++) offset = text.indexOf("\n", offset) + 1;
  const start = Math.min(text.length, offset + column - 1);
  return positionAt(source, start).line === line ? { source, start, end: start } : { source, start: 0, end: 0 };
}
