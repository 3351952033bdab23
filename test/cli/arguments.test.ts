import { expect } from "chai";
import type { Arguments, Command } from "../../src/cli/command.ts";
import { expandArguments } from "../../src/cli/expand-arguments.ts";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { TsrunError } from "../../src/lib/errors.ts";

const command: Command = {
  name: "demo",
  summary: "",
  usage: "[FILE...]",
  positionals: { what: "a file", min: 0, max: 9 },
  isRestLiteral: ([first, second]) => first === "ssh" && second !== undefined,
  groups: [
    {
      title: "All",
      options: [
        { name: "inventory", short: "i", type: "values", summary: "" },
        { name: "limit", short: "l", aliases: ["subset"], type: "value", summary: "" },
        { name: "check", short: "C", type: "flag", summary: "" },
        { name: "verbose", short: "v", type: "count", summary: "" },
        { name: "extra.vars", short: "e", type: "values", summary: "" },
      ],
    },
  ],
  examples: [],
  run: () => Promise.resolve(0),
};
const options = command.groups.flatMap((group) => group.options);

function parse(...argv: string[]): Promise<Arguments> {
  return parseArguments(command, argv);
}

describe("arguments", () => {
  it("reads short options in clusters, attached and separate values", () => {
    expect(expandArguments(["-vvCl", "web", "-iinv", "-i=x", "f"], options)).to.deep.equal([
      "--verbose",
      "--verbose",
      "--check",
      "--limit=web",
      "--inventory=inv",
      "--inventory==x",
      "f",
    ]);
  });

  it("takes a value that looks like an option, as getopt does", async () => {
    expect((await parse("--limit", "-o Port=1", "-i", "--x")).value("limit")).to.equal("-o Port=1");
  });

  it("keeps values as they were written: quotes, numbers, dots, equals signs, line breaks", async () => {
    for (const value of ['"quoted"', "'q'", "007", "1e3", "a=b=c", "", " ", "line\nbreak", "true", "--"]) {
      const args = await parse("-e", value, "--limit", value, "--inventory", value, "-i", "b");
      expect(args.values("extra.vars"), value).to.deep.equal([value]);
      expect(args.value("limit"), value).to.equal(value);
      expect(args.values("inventory"), value).to.deep.equal([value, "b"]);
    }
  });

  it("keeps the last of a repeated option, all of a repeatable one, and counts", async () => {
    const args = await parse("-l", "a", "-l", "b", "-i", "x", "-i", "y", "-vv", "--verbose");
    expect(args.value("limit")).to.equal("b");
    expect(args.values("inventory")).to.deep.equal(["x", "y"]);
    expect(args.count("verbose")).to.equal(3);
    expect([args.has("check"), args.value("subset")]).to.deep.equal([false, undefined]);
  });

  it("knows other long names of an option", async () => {
    expect((await parse("--subset", "web")).value("limit")).to.equal("web");
  });

  it("keeps positionals in order, numbers as text, and everything behind -- as it is", async () => {
    expect((await parse("010", "-C", "b", "--", "-x", "--limit")).positionals).to.deep.equal([
      "010",
      "b",
      "-x",
      "--limit",
    ]);
    expect((await parse("ssh", "web1", "ls", "-l", "--", "x")).positionals).to.deep.equal([
      "ssh",
      "web1",
      "ls",
      "-l",
      "--",
      "x",
    ]);
  });

  for (const argv of [["--__proto__"], ["--constructor=1"], ["--no-check"], ["--check.x"]]) {
    it(`refuses ${argv.join(" ")}`, async () => {
      const error: unknown = await parse(...argv).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(TsrunError).and.to.have.property("code", "E_USAGE");
    });
  }
});
