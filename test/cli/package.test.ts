import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Packed {
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** What `npm pack` would take, by npm's own word; it builds nothing here. */
function pack(): Packed {
  const json = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  // A list up to npm 10, an object by package name since.
  const [packed] = Object.values(JSON.parse(json) as Readonly<Record<string, Packed>>);
  if (!packed) throw new Error(`npm pack: ${json}`);
  return packed;
}

describe("the npm package", function () {
  this.timeout(60_000);
  let packed: Packed;
  let paths: readonly string[];
  before(() => {
    if (!existsSync(`${root}dist/src/cli/main.js`)) throw new Error("nothing is built: npm run build");
    packed = pack();
    paths = packed.files.map(({ path }) => path);
  });

  it("holds the program, its modules, the roles and the docs, and nothing else", () => {
    const top = [
      ...new Set(
        paths.map((path) =>
          path
            .split("/")
            .slice(0, path.startsWith("dist/") ? 2 : 1)
            .join("/"),
        ),
      ),
    ];
    expect(top.sort()).to.deep.equal(
      ["CHANGELOG.md", "LICENSE", "README.md", "dist/src", "dist/tasks", "docs", "package.json", "roles"].sort(),
    );
  });

  it("has no tests, no source maps and no TypeScript but declarations", () => {
    const odd = paths.filter((path) => /(^|\/)(test|bench|script|\.tsrun)\/|\.map$|\.tgz$|(?<!\.d)\.ts$/.test(path));
    expect(odd).to.deep.equal([]);
  });

  it("has every built-in module and every file of the roles", () => {
    const modules = readdirSync(`${root}tasks`).map((file) => `dist/tasks/${file.replace(/\.ts$/, ".js")}`);
    const roles = readdirSync(`${root}roles`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath.slice(root.length)}/${entry.name}`);
    expect([...modules, ...roles].filter((path) => !paths.includes(path))).to.deep.equal([]);
  });

  it("has what package.json points at, and a program that can be executed", () => {
    const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as Manifest;
    const exported = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    const named = [...exported, ...Object.values(manifest.bin)].map((path) => path.replace(/^\.\//, ""));
    expect(named.filter((path) => !paths.includes(path))).to.deep.equal([]);
    const main = packed.files.find(({ path }) => path === manifest.bin["tsrun"]);
    expect((main?.mode ?? 0) & 0o111, "npm run build sets it").to.equal(0o111);
  });
});

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}
