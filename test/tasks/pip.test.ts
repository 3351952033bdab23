import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseRequirement, pipNames } from "../../src/plan/pip-requirement.ts";
import pip from "../../tasks/pip.ts";
import { runAction } from "./run-action.ts";

/** Keeps what is installed in a file beside it, a line a package, and writes down how it was called. */
const fakePip = `#!/bin/sh
db=\${0%/*}/installed; touch "$db"; printf '%s\\n' "$*" >>"\${0%/*}/calls"
case "$1" in
  --version) ;;
  list) cat "$db" ;;
  uninstall) shift 2; for n do grep -q "^$n==" "$db" && { sed -i "/^$n==/d" "$db"; echo "Successfully uninstalled $n"; }; done ;;
  install) shift; for n do case $n in
      -*) ;;
      bad*) echo "No matching distribution found for $n" >&2; exit 1 ;;
      lost*) echo "Successfully installed $n" ;;
      *) w=\${n%%[=<>[]*}; v=\${n##*[=<>]}; [ "$v" = "$n" ] && v=3.0; grep -q "^$w==$v$" "$db" || { sed -i "/^$w==/d" "$db"; echo "$w==$v" >>"$db"; echo "Successfully installed $w-$v"; } ;;
    esac; done ;;
esac
`;

describe("module: pip", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun pip-"));
    mkdirSync(join(root, "bin"));
    for (const name of ["pip3", "pip-own"]) script(join(root, "bin", name), fakePip);
    script(
      join(root, "bin", "virtualenv"),
      `#!/bin/sh\nfor d do :; done; mkdir -p "$d/bin"; : >"$d/bin/activate"; cp "\${0%/*}/pip3" "$d/bin/pip"; printf '%s\\n' "$*" >"$d/made"\n`,
    );
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const script = (path: string, text: string) => {
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  };
  // Queries of tests see this machine's own programs, so the pip is named.
  const own = () => join(root, "bin", "pip3");
  const run = (raw: Record<string, unknown>, isCheck = false) =>
    runAction(pip, raw["virtualenv"] === undefined ? { executable: own(), ...raw } : raw, {
      isCheck,
      path: `${join(root, "bin")}:/usr/bin:/bin`,
    });
  const failure = (raw: Record<string, unknown>) => run(raw).then(() => "no failure", String);
  const calls = (directory = "bin") =>
    readFileSync(join(root, directory, "calls"), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("list"));

  it("installs what is missing, once", async () => {
    const raw = { name: ["flask>=2.5", "Ruamel.yaml"] };
    expect(await run(raw, true)).to.include({ changed: true });
    writeFileSync(join(root, "bin", "installed"), "flask==2.5\n");
    const result = await run(raw);
    expect(result).to.deep.include({ changed: true, cmd: [own(), "install", "flask>=2.5", "Ruamel.yaml"] });
    writeFileSync(join(root, "bin", "installed"), "flask==2.5\nruamel-YAML==1\n");
    expect(await run(raw)).to.deep.include({ changed: false, cmd: [] });
    expect(await run(raw, true)).to.include({ changed: false });
    expect(calls()).to.have.length(1);
  });

  it("takes a version beside the name", async () => {
    expect(await run({ name: "a", version: "1.2" })).to.deep.include({ cmd: [own(), "install", "a==1.2"] });
    expect(await run({ name: "a", version: "1.2" })).to.include({ changed: false });
    expect(await run({ name: "a", version: ">=1" })).to.include({ changed: false });
    expect(await run({ name: "a", version: ">=2" })).to.include({ changed: true });
  });

  it("removes, upgrades, and installs again", async () => {
    await run({ name: "a" });
    expect(await run({ name: "a", state: "latest" })).to.deep.include({
      changed: false,
      cmd: [own(), "install", "-U", "a"],
    });
    const again = await run({ name: "a", state: "forcereinstall", executable: join(root, "bin", "pip-own") });
    expect(again["cmd"]).to.deep.equal([join(root, "bin", "pip-own"), "install", "-U", "--force-reinstall", "a"]);
    expect(await run({ name: "a", state: "absent" })).to.include({ changed: true });
    expect(await run({ name: "a", state: "absent" })).to.include({ changed: false });
  });

  it("makes a virtual environment and uses its pip", async () => {
    const raw = {
      name: "a",
      virtualenv: join(root, "my venv"),
      virtualenv_site_packages: true,
      virtualenv_python: "python3",
    };
    expect(await run(raw, true)).to.include({ changed: true });
    expect(await run(raw)).to.include({ changed: true, virtualenv: raw.virtualenv });
    expect(readFileSync(join(root, "my venv", "made"), "utf8")).to.equal(
      `--system-site-packages -ppython3 ${raw.virtualenv}\n`,
    );
    expect(calls("my venv/bin")).to.deep.equal(["install a"]);
    expect(await run(raw)).to.include({ changed: false });
  });

  it("leaves it to pip what files, extras and further words mean", async () => {
    expect(await run({ requirements: "r.txt", chdir: root })).to.deep.include({
      cmd: [own(), "install", "-r", "r.txt"],
    });
    expect(await run({ name: "a[x]", extra_args: "--no-cache-dir --index-url 'http://x y'" })).to.deep.include({
      cmd: [own(), "install", "--no-cache-dir", "--index-url", "http://x y", "a[x]"],
    });
    expect((await run({ name: "./a", editable: true }))["cmd"]).to.deep.equal([own(), "install", "-e", "./a"]);
    expect(await run({ requirements: "r.txt" }, true)).to.include({ changed: true });
  });

  it("fails with pip's own words, and when pip only says that all went well", async () => {
    expect(await failure({ name: "bad" })).to.include("No matching distribution found for bad");
    expect(await failure({ name: "lost" })).to.include("`lost` is not there");
    expect(await failure({})).to.include("one of the following is required");
    expect(await failure({ name: ["a", "b"], version: "1" })).to.include("ambiguous");
    expect(await failure({ name: "a>=1", version: "1" })).to.include("conflicts");
    expect(await failure({ name: "a", executable: "pip9" })).to.include("the host has no `pip9`");
    rmSync(join(root, "bin", "virtualenv"));
    expect(await failure({ name: "a", virtualenv: join(root, "v") })).to.include("virtualenv_command: python3 -m venv");
  });

  it("reads requirements", () => {
    expect(pipNames(["a>=1", "<2", "b[x", "y]==1", " c"])).to.deep.equal(["a>=1,<2", "b[x,y]==1", " c"]);
    expect(parseRequirement('b.c[x,y] ~= 1.2 ; python_version < "3"')).to.deep.include({
      name: "b.c",
      extras: "[x,y]",
      clauses: "~= 1.2",
      isPlain: true,
    });
    for (const text of ["git+https://x/y.git@v1#egg=y", "./dir", "/x/y.whl", "https://x/y.tar.gz"])
      expect(parseRequirement(text).isPlain, text).to.equal(false);
  });
});
