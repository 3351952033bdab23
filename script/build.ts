/**
 * Builds `dist/`: declarations from tsc, programs from esbuild. Node opens some three hundred small files of an unbundled build one by
 * one at every start; a few shared chunks load in a third of the time.
 */
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { $ } from "zx/core";

/** zod brings its messages in fifty languages; one is used. */
const englishOnly: Plugin = {
  name: "english-only",
  setup(bundler) {
    bundler.onResolve({ filter: /locales\/index\.js$/ }, ({ importer }) =>
      importer.includes("/zod/") ? { path: join(importer, "../../locales/en.js") } : undefined,
    );
  },
};

/** What lays out `--help` measures text with Unicode tables that take 25 ms to load at every start; our own measure loads them when it must. */
const ownTextWidth: Plugin = {
  name: "own-text-width",
  setup(bundler) {
    bundler.onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      /[/](yargs|cliui|wrap-ansi)[/]/.test(importer)
        ? { path: "string-width", namespace: "own-text-width" }
        : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: "own-text-width" }, () => ({
      contents: `import { stripVTControlCharacters } from "node:util";
        import { displayWidth } from "./src/report/display-width.ts";
        export default (text) => displayWidth(stripVTControlCharacters(text));`,
      resolveDir: root,
    }));
  },
};

const root = join(import.meta.dirname, "..");
const tasks = (await readdir(join(root, "tasks"))).filter((file) => file.endsWith(".ts"));

const declarations = await $({
  cwd: root,
  stdio: "inherit",
  verbose: false,
  nothrow: true,
})`npx tsc -p tsconfig.build.json --emitDeclarationOnly`;
if (declarations.exitCode !== 0) process.exit(1);
await rm(join(root, "dist/src/chunks"), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: [
    "src/cli/main.ts",
    "src/sdk/index.ts",
    "src/sdk/state.ts",
    "src/sdk/testing.ts",
    "src/transport/ssh-worker.ts",
    ...tasks.map((file) => `tasks/${file}`),
  ],
  outdir: "dist",
  outbase: ".",
  // As deep as a room, so that paths relative to a module still hold.
  chunkNames: "src/chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Bundled ones are tree-shaken and load in half the time; these are rarely loaded, native in part, or load files of their own.
  external: ["ssh2", "jiti", "jmespath", "smol-toml", "zx", "zx/*"],
  banner: {
    js: 'import { createRequire as _createRequire } from "node:module"; const require = _createRequire(import.meta.url);',
  },
  alias: { tsrun: join(root, "src/sdk/index.ts"), "tsrun/state": join(root, "src/sdk/state.ts") },
  legalComments: "none",
  // Names stay, for stack traces; what V8 need not read costs no start.
  minifyWhitespace: true,
  minifySyntax: true,
  plugins: [englishOnly, ownTextWidth],
  logLevel: "warning",
});
await chmod(join(root, "dist/src/cli/main.js"), 0o755);
