import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { encodeBytes } from "../../src/lib/bytes.ts";
import { buildTar, parseTar } from "../../src/lib/tar.ts";
import { parseZip } from "../../src/lib/zip.ts";

const longName = `${"long-name-".repeat(12)}.txt`;

/** `zip -ry` of a file, a directory and a link in it. */
const zip = Buffer.from(
  "UEsDBAoAAAAAAKd1dl0AAAAAAAAAAAAAAAAEABwAZGlyL1VUCQAD+f8Ca/n/Amt1eAsAAQQAAAAABAAAAABQSwMECgAAAAAAp3V2XVgF03sEAAAABAAAAAgAHABkaXIvbGlua1VUCQAD+f8Ca/n/Amt1eAsAAQQAAAAABAAAAAAuLi9hUEsDBBQAAAAIAAU5pljMWe44CwAAACQAAAABABwAYVVUCQAD2YE4ZtmBOGZ1eAsAAQQAAAAABAAAAABLzCnISORKxEsCAFBLAQIeAwoAAAAAAKd1dl0AAAAAAAAAAAAAAAAEABgAAAAAAAAAEADtQQAAAABkaXIvVVQFAAP5/wJrdXgLAAEEAAAAAAQAAAAAUEsBAh4DCgAAAAAAp3V2XVgF03sEAAAABAAAAAgAGAAAAAAAAAAAAP+hPgAAAGRpci9saW5rVVQFAAP5/wJrdXgLAAEEAAAAAAQAAAAAUEsBAh4DFAAAAAgABTmmWMxZ7jgLAAAAJAAAAAEAGAAAAAAAAQAAAKCBhAAAAGFVVAUAA9mBOGZ1eAsAAQQAAAAABAAAAABQSwUGAAAAAAMAAwDfAAAAygAAAAAA",
  "base64",
);

describe("archives", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-archive-"));
    mkdirSync(join(root, "in/dir"), { recursive: true });
    writeFileSync(join(root, "in/a"), "alpha\n".repeat(1000), { mode: 0o640 });
    writeFileSync(join(root, "in/dir", longName), "long");
    writeFileSync(join(root, "in/é \n'x"), "");
    symlinkSync("../a", join(root, "in/dir/link"));
  });
  after(() => rmSync(root, { recursive: true }));
  const names = ["a", "dir", `dir/${longName}`, "dir/link", "é \n'x"];

  for (const format of ["gnu", "ustar", "pax", "oldgnu"]) {
    it(`reads what GNU tar writes as ${format}`, () => {
      if (format !== "ustar") linkSync(join(root, "in/a"), join(root, `in/${format}-hard`));
      const bytes = execFileSync("tar", [
        `--format=${format}`,
        "-C",
        join(root, "in"),
        "--sort=name",
        "-cf",
        "-",
        // The oldest format has no room for a long name.
        ...(format === "ustar" ? [`--exclude=${longName}`] : [`${format}-hard`]),
        ...["a", "dir", "é \n'x"],
      ]);
      const entries = parseTar(bytes);
      const byPath = new Map(entries.map((entry) => [entry.path, entry]));
      expect([...byPath.keys()]).to.include.members(
        names.filter((name) => format !== "ustar" || name !== `dir/${longName}`),
      );
      expect(byPath.get("a")).to.include({ type: "file", mode: 0o640, owner: "root", uid: 0 });
      expect(Buffer.from(byPath.get("a")?.content ?? []).toString()).to.equal("alpha\n".repeat(1000));
      expect(byPath.get("dir/link")).to.include({ type: "link", linkTarget: "../a" });
      expect(byPath.get("dir")?.type).to.equal("directory");
      if (format !== "ustar") expect(byPath.get(`${format}-hard`)?.content.length).to.equal(6000);
    });
  }

  it("writes what GNU tar and busybox read", () => {
    const nothing = new Uint8Array();
    const entries = [
      {
        path: "d",
        type: "directory" as const,
        mode: 0o750,
        mtime: 1_600_000_000,
        uid: 0,
        gid: 0,
        owner: "root",
        group: "root",
        content: nothing,
      },
      {
        path: `d/${longName}`,
        type: "file" as const,
        mode: 0o4755,
        mtime: 1_600_000_000,
        content: Buffer.from("x".repeat(513)),
      },
      { path: "d/\udcff", type: "file" as const, mode: 0o600, mtime: 0, content: encodeBytes("\udcfe") },
      { path: "l", type: "link" as const, mode: 0o777, mtime: 0, content: nothing, linkTarget: `d/${longName}` },
    ];
    const bytes = buildTar(entries);
    const read = parseTar(bytes);
    expect(
      read.map(({ path, type, mode, mtime, linkTarget }) => ({ path, type, mode, mtime, linkTarget })),
    ).to.deep.equal(
      entries.map(({ path, type, mode, mtime, ...more }) => ({
        path,
        type,
        mode,
        mtime,
        linkTarget: "linkTarget" in more ? more.linkTarget : undefined,
      })),
    );
    for (const tar of [["tar"], ["busybox", "tar"]]) {
      mkdirSync(join(root, "out"));
      execFileSync(tar[0] as string, [...tar.slice(1), "-xpf", "-", "-C", join(root, "out")], { input: bytes });
      expect(readFileSync(join(root, "out/l"), "utf8")).to.equal("x".repeat(513));
      rmSync(join(root, "out"), { recursive: true });
    }
  });

  it("reads what Info-ZIP writes", () => {
    const byPath = new Map(parseZip(zip).map((entry) => [entry.path, entry]));
    expect(byPath.get("a")).to.include({ type: "file", mode: 0o640, mtime: Date.UTC(2024, 4, 6, 7, 8, 9) / 1000 });
    expect(Buffer.from(byPath.get("a")?.content ?? []).toString()).to.equal("alpha\n".repeat(6));
    expect(byPath.get("dir")?.type).to.equal("directory");
    expect(byPath.get("dir/link")).to.include({ type: "link", linkTarget: "../a" });
  });

  it("refuses what is damaged", () => {
    const damaged = Buffer.from(zip);
    for (
      let at = damaged.indexOf("PK\x01\x02", 0, "latin1");
      at !== -1;
      at = damaged.indexOf("PK\x01\x02", at + 1, "latin1")
    )
      damaged.writeUInt32LE(7, at + 16);
    expect(() => parseZip(damaged)).to.throw("checksum is wrong");
    expect(() => parseZip(Buffer.from("no zip"))).to.throw("no zip archive");
    expect(() => parseTar(Buffer.alloc(1024, 1))).to.throw("no tar header");
  });
});
