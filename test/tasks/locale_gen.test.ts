import { expect } from "chai";
import { file } from "../../src/state/file.ts";
import { fileContent } from "../../src/state/file-content.ts";
import { localeName, locales } from "../../src/state/locales.ts";
import locale_gen from "../../tasks/locale_gen.ts";
import { runQuery } from "../state/run-query.ts";
import { planModule } from "./plan-module.ts";

describe("module: locale_gen", () => {
  const text = "# This file lists locales\n#\n# de_DE ISO-8859-1\n# de_DE.UTF-8 UTF-8\nen_US.UTF-8 UTF-8\n";
  const plan = (raw: Record<string, unknown>, names: readonly string[], table: string | undefined = text) =>
    planModule(locale_gen, raw, {
      host: [
        ...(table === ""
          ? []
          : ([
              [file("/etc"), { type: "directory", mode: 0o755, uid: 0, gid: 0 }],
              [file("/etc/locale.gen"), { type: "file", mode: 0o644, uid: 0, gid: 0, size: table.length }],
              [fileContent("/etc/locale.gen"), { size: table.length, text: table }],
            ] as const)),
        [locales("host"), { names }],
      ],
    });
  const written = async (...given: Parameters<typeof plan>) => {
    const step = (await plan(...given)).changes[0]?.steps[0];
    return step?.type === "write" ? Buffer.from(step.file.content as Uint8Array).toString() : undefined;
  };

  it("enters a locale and generates it", async () => {
    const planned = await plan({ name: "de_DE.UTF-8" }, ["C", "en_US.utf8"]);
    expect(planned.scripts).to.deep.equal(["write /etc/locale.gen", "locale-gen >/dev/null"]);
    expect(planned.again()).to.deep.equal([]);
    expect(await written({ name: "de_DE.UTF-8" }, [])).to.equal(text.replace("# de_DE.UTF-8", "de_DE.UTF-8"));
  });

  it("generates one that is entered and missing, and leaves one that is there", async () => {
    expect((await plan({ name: "en_US.UTF-8" }, ["C"])).scripts).to.deep.equal(["locale-gen >/dev/null"]);
    expect((await plan({ name: "en_US.UTF-8" }, ["C", "en_US.utf8"])).changes).to.deep.equal([]);
    expect((await plan({ name: "de_DE.UTF-8", state: "absent" }, ["C"])).changes).to.deep.equal([]);
  });

  it("takes one away", async () => {
    const planned = await plan({ name: "en_US.UTF-8", state: "absent" }, ["C", "en_US.utf8"]);
    expect(planned.changes.at(-1)?.after).to.deep.equal({ names: ["C"] });
    expect(await written({ name: "en_US.UTF-8", state: "absent" }, ["en_US.utf8"])).to.equal(
      text.replace("en_US.UTF-8", "# en_US.UTF-8"),
    );
  });

  it("says what is missing", async () => {
    const failure = (...given: Parameters<typeof plan>) => plan(...given).then(() => "no failure", String);
    expect(await failure({ name: "xx_XX.UTF-8" }, [])).to.include("is not available on your system");
    expect(await failure({ name: "de_DE.UTF-8" }, [], "")).to.include("is the package `locales` installed?");
  });

  it("spells names as glibc does, and reads this machine's", () => {
    expect(["de_DE.UTF-8", "de_DE.ISO-8859-15@euro", "C"].map(localeName)).to.deep.equal([
      "de_DE.utf8",
      "de_DE.iso885915@euro",
      "C",
    ]);
    expect(runQuery([locales("host")])[0]?.names).to.include("POSIX");
  });
});
