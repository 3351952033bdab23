import { expect } from "chai";
import { type ApacheModulesState, apacheModules } from "../../src/state/apache-modules.ts";
import { program } from "../../src/state/program.ts";
import apache2_module from "../../tasks/apache2_module.ts";
import { planModule } from "./plan-module.ts";

describe("module: apache2_module", () => {
  const plan = (raw: Record<string, unknown>, names: readonly string[], found: Record<string, unknown> = {}) =>
    planModule(apache2_module, raw, {
      host: [
        [apacheModules("host"), { names, isThreaded: false, error: "", ...found }],
        [program("a2enmod"), "/usr/sbin/a2enmod"],
      ],
    });
  const failure = (...given: Parameters<typeof plan>) => plan(...given).then(() => "no failure", String);

  it("enables what is not loaded, and disables what is", async () => {
    const enabled = await plan({ name: "rewrite" }, ["so_module"]);
    expect(enabled.scripts).to.deep.equal(["a2enmod -q -- rewrite"]);
    expect(enabled.result).to.deep.equal({ result: "Module rewrite enabled" });
    expect(enabled.again()).to.deep.equal([]);
    expect((await plan({ name: "rewrite" }, ["rewrite_module"])).changes).to.deep.equal([]);
    const disabled = await plan({ name: "status", state: "absent", force: true }, ["status_module", "so_module"]);
    expect(disabled.scripts).to.deep.equal(["a2dismod -q -f -- status"]);
    expect(disabled.changes[0]?.after).to.deep.equal({ names: ["so_module"] });
    expect((await plan({ name: "status", state: "absent" }, [])).changes).to.deep.equal([]);
  });

  it("knows modules by what Apache calls them", async () => {
    for (const [name, loaded] of [
      ["php8.2", "php8_module"],
      ["php7.4", "php7_module"],
      ["shib2", "mod_shib"],
      ["evasive", "evasive20_module"],
    ] as const)
      expect((await plan({ name }, [loaded])).changes, name).to.deep.equal([]);
    expect((await plan({ name: "dumpio", identifier: "other_module" }, ["other_module"])).changes).to.deep.equal([]);
  });

  it("says why it cannot", async () => {
    const host = [[program("a2enmod"), undefined]] as const;
    expect(await planModule(apache2_module, { name: "a" }, { host }).then(String, String)).to.include("apachctl found");
    expect(await failure({ name: "cgi" }, [], { isThreaded: true })).to.include("seems to be threaded");
    expect(await failure({ name: "rewrite" }, [], { error: "Syntax error" })).to.include("Syntax error");
    expect(await failure({ name: "../x" }, [])).to.include("expected the name of a module");
  });

  it("goes on without an MPM when it shall", async () => {
    const without = { error: "AH00534: apache2: Configuration error: No MPM loaded." };
    const { scripts } = await plan({ name: "mpm_prefork", ignore_configcheck: true }, [], without);
    expect(scripts).to.deep.equal(["a2enmod -q -- mpm_prefork"]);
  });

  it("reads what Apache prints", () => {
    const text = (rc: number) =>
      `${rc}\0Loaded Modules:\n core_module (static)\n php_module (shared)\0 threaded:     yes (fixed)\n`;
    const read = (printed: string) => {
      const output = { rc: 0, stdout: new TextEncoder().encode(printed), stderr: new Uint8Array() };
      return apacheModules("host").kind.parse(output, ["host"])[0] as ApacheModulesState | undefined;
    };
    expect(read(text(0))).to.deep.equal({ names: ["core_module", "php_module"], isThreaded: true, error: "" });
    expect(read("")).to.equal(undefined);
    expect(read(text(1))?.error).to.include("Loaded Modules");
  });
});
