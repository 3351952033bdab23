import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type BlockEdit, ensureBlock } from "../../src/plan/edit-block.ts";
import { editIni, type IniEdit } from "../../src/plan/edit-ini.ts";
import type { EditedText } from "../../src/plan/edit-line.ts";
import { type Replacement, replaceAll } from "../../src/plan/edit-replace.ts";

interface OracleCase {
  readonly module: "blockinfile" | "replace" | "ini_file";
  readonly text: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly expect: readonly [string, boolean, string];
}

const edit: Readonly<
  Record<OracleCase["module"], (text: string, args: Readonly<Record<string, unknown>>) => EditedText>
> = {
  blockinfile: (text, args) => {
    const given = {
      block: "",
      marker: "# {mark} ANSIBLE MANAGED BLOCK",
      marker_begin: "BEGIN",
      marker_end: "END",
      ...args,
    } as BlockEdit;
    return ensureBlock(text, args["state"] === "absent" ? { ...given, block: "" } : given);
  },
  replace: (text, args) => replaceAll(text, { replace: "", ...args } as Replacement),
  ini_file: (text, args) =>
    editIni(text, {
      state: "present",
      exclusive: true,
      no_extra_spaces: false,
      allow_no_value: false,
      ...args,
      values: args["value"] === undefined ? (args["values"] ?? []) : [args["value"]],
    } as IniEdit),
};

describe("modules that edit text, against Ansible's own", () => {
  const cases = JSON.parse(readFileSync(new URL("oracle/edits.json", import.meta.url), "utf8")) as OracleCase[];
  for (const module of ["blockinfile", "replace", "ini_file"] as const) {
    it(module, () => {
      const own = cases.filter((entry) => entry.module === module);
      expect(own.length).to.be.greaterThan(150);
      for (const { text, args, expect: expected } of own) {
        const edited = edit[module](text, args);
        expect([edited.text, edited.text !== text, edited.msg], JSON.stringify({ text, args })).to.deep.equal(expected);
      }
    });
  }
});

describe("what later versions of Ansible know", () => {
  const block = (text: string, more: object = {}) =>
    edit.blockinfile(text, { block: "x", prepend_newline: true, append_newline: true, ...more }).text;
  const marked = "# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\n";

  it("blockinfile keeps empty lines around its block, once", () => {
    expect(block("a\nb\n", { insertafter: "a" })).to.equal(`a\n\n${marked}\nb\n`);
    expect(block(`a\n\n${marked}\nb\n`)).to.equal(`a\n\n${marked}\nb\n`);
    expect(block("a\n")).to.equal(`a\n\n${marked}`);
    expect(block("")).to.equal(marked);
    expect(block(`a\n${marked}b\n`, { block: "" })).to.equal("a\nb\n");
  });

  it("ini_file leaves blanks and commented lines alone", () => {
    const ini = (text: string, more: object) =>
      edit.ini_file(text, { section: "s", option: "k", values: ["1"], value: "1", ...more }).text;
    expect(ini("[s]\nk=1\n", { ignore_spaces: true })).to.equal("[s]\nk=1\n");
    expect(ini("[s]\nk=2\n", { ignore_spaces: true })).to.equal("[s]\nk = 1\n");
    expect(ini("[s]\n#k=1\n", { ignore_spaces: true })).to.equal("[s]\nk = 1\n");
    expect(ini("[s]\n#k = 1\n", { modify_inactive_option: false })).to.equal("[s]\nk = 1\n#k = 1\n");
  });
});
