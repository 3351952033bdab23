import { TsrunError } from "../lib/errors.ts";
import { moduleLoadError, sourceOf } from "./module-load-error.ts";
import type { ModuleDefinition } from "./registry.ts";

/**
 * Loads a module that users wrote, straight from TypeScript. jiti rather than Node's own type stripping, because Node 20 has none;
 * `virtualModules` hands it the running SDK, so that its classes and this program's are the same. Throws E_MODULE_LOAD and E_MODULE_SHAPE
 * with their place in the file.
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
    throw moduleLoadError(file, error, { tsrun: Object.keys(sdk), "tsrun/state": Object.keys(state) });
  }
  if (isModule(loaded.default)) return loaded.default;
  const source = sourceOf(file);
  const start = Math.max(0, source.text.search(/^export default\b/m));
  throw new TsrunError({
    code: "E_MODULE_SHAPE",
    message: "expected a module as default export",
    at: { source, start, end: start + (/^export default/.exec(source.text.slice(start))?.[0].length ?? 0) },
    hint: "export default defineTask({ … }), or defineAction({ … })",
  });
}

function isModule(value: unknown): value is ModuleDefinition {
  return typeof value === "object" && value !== null && "type" in value && "args" in value && "name" in value;
}
