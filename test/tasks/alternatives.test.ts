import { expect } from "chai";
import { type AlternativesState, alternatives as query } from "../../src/state/alternatives.ts";
import { file } from "../../src/state/file.ts";
import alternatives from "../../tasks/alternatives.ts";
import { planModule } from "./plan-module.ts";

const recorded = `Name: editor
Link: /usr/bin/editor
Slaves:
 editor.1.gz /usr/share/man/man1/editor.1.gz
Status: auto
Best: /usr/bin/vim.basic
Value: /usr/bin/vim.basic

Alternative: /bin/ed
Priority: -100
Slaves:
 editor.1.gz /usr/share/man/man1/ed.1.gz

Alternative: /usr/bin/vim.basic
Priority: 30
`;
const [current, none] = query("x").kind.parse(
  { rc: 0, stdout: Buffer.from(`${recorded}\0\0`), stderr: Buffer.from("") },
  ["editor", "none"],
) as (AlternativesState | undefined)[];

describe("module: alternatives", () => {
  const plan = async (raw: Record<string, unknown>, state: AlternativesState | undefined = current) => {
    const path = (raw["path"] as string | undefined) ?? "/bin/ed";
    const planned = await planModule(
      alternatives,
      { name: "editor", path, ...raw },
      {
        host: [
          [query("editor"), state],
          [file(path), path === "/none" ? undefined : { type: "file" }],
        ],
      },
    );
    expect(planned.again(), "a second run").to.deep.equal([]);
    return planned;
  };
  const scripts = async (...given: Parameters<typeof plan>) => (await plan(...given)).scripts;

  it("reads what update-alternatives tells", () => {
    expect(current).to.deep.equal({
      link: "/usr/bin/editor",
      status: "auto",
      value: "/usr/bin/vim.basic",
      slaveLinks: { "editor.1.gz": "/usr/share/man/man1/editor.1.gz" },
      choices: [
        { path: "/bin/ed", priority: -100, slaves: { "editor.1.gz": "/usr/share/man/man1/ed.1.gz" } },
        { path: "/usr/bin/vim.basic", priority: 30, slaves: {} },
      ],
    });
    expect(none).to.equal(undefined);
  });

  it("selects a choice, and lets the priorities decide again", async () => {
    expect((await plan({})).plan.msg).to.equal("Set alternative '/bin/ed' for 'editor'.");
    expect(await scripts({})).to.deep.equal(["update-alternatives --set editor /bin/ed"]);
    expect(await scripts({ path: "/usr/bin/vim.basic" })).to.deep.equal([]);
    expect(await scripts({ state: "present" })).to.deep.equal([]);
    const manual = { ...(current as AlternativesState), status: "manual" as const, value: "/bin/ed" };
    expect(await scripts({ state: "auto" }, manual)).to.deep.equal(["update-alternatives --auto editor"]);
    expect(await scripts({ state: "auto" })).to.deep.equal([]);
  });

  it("installs and changes choices", async () => {
    const link = "/usr/bin/editor";
    expect(await scripts({ path: "/usr/bin/nano" })).to.deep.equal([
      `update-alternatives --install ${link} editor /usr/bin/nano 50`,
      "update-alternatives --set editor /usr/bin/nano",
    ]);
    expect(await scripts({ state: "present", priority: 5 })).to.deep.equal([
      `update-alternatives --install ${link} editor /bin/ed 5 --slave /usr/share/man/man1/editor.1.gz editor.1.gz /usr/share/man/man1/ed.1.gz`,
    ]);
    expect(await scripts({ state: "present", subcommands: [] })).to.deep.equal([
      `update-alternatives --install ${link} editor /bin/ed -100`,
    ]);
    const planned = await planModule(
      alternatives,
      { name: "new", path: "/bin/ed", link: "/bin/new" },
      {
        host: [[file("/bin/ed"), { type: "file" }]],
      },
    );
    expect(planned.scripts).to.deep.equal([
      "update-alternatives --install /bin/new new /bin/ed 50",
      "update-alternatives --set new /bin/ed",
    ]);
  });

  it("takes a choice away", async () => {
    expect(await scripts({ state: "absent" })).to.deep.equal(["update-alternatives --remove editor /bin/ed"]);
    expect(await scripts({ state: "absent", path: "/usr/bin/nano" })).to.deep.equal([]);
  });

  it("refuses what cannot be a choice", async () => {
    const failure = (raw: Record<string, unknown>) => plan(raw).then(() => "no failure", String);
    expect(await failure({ path: "/none" })).to.include("Specified path /none does not exist");
    expect(await failure({ name: "-x" })).to.include("is no name of alternatives");
    expect(await failure({ name: "new" })).to.include("missing the link");
  });
});
