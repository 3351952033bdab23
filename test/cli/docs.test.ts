import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { EXIT } from "../../src/cli/exit-codes.ts";

const root = new URL("../../", import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, root), "utf8");
}

function sources(): string[] {
  return ["src/", "tasks/"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => read(folder + path)),
  );
}

describe("documentation", () => {
  it("has a row with cause and remedy for every error code, and none for codes that are gone", () => {
    const used = new Set(sources().flatMap((text) => text.match(/(?<=")E_[A-Z0-9_]+(?=")/g) ?? []));
    const rows = [...read("docs/errors.md").matchAll(/^\| `(E_[A-Z0-9_]+)` \| \S.* \| \S.* \|$/gm)].map(
      (match) => match[1] ?? "",
    );
    expect([...used].filter((code) => !rows.includes(code)).sort(), "not in docs/errors.md").to.deep.equal([]);
    expect(
      rows.filter((code) => !used.has(code)),
      "no longer in the sources",
    ).to.deep.equal([]);
    expect(rows.length, "each once").to.equal(new Set(rows).size);
  });

  it("explains every exit code", () => {
    const rows = [...read("docs/exit-codes.md").matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
    expect(rows).to.deep.equal(Object.values(EXIT));
  });

  it("lists every event and all of its fields", () => {
    const page = read("docs/events.md");
    const events = read("src/run/events.ts").split("export type RunEvent")[1] ?? "";
    for (const [, type] of events.matchAll(/readonly type: "(\w+)"/g)) expect(page).to.contain(`| \`${type}\` |`);
    for (const [, field] of events.matchAll(/readonly (\w+)\??:/g)) expect(page, field).to.contain(`\`${field}\``);
  });
});
