import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { encodeBytes } from "../../src/lib/bytes.ts";
import { bigFileChecksum, fileChecksum, smallFileBytes } from "../../src/state/file-checksum.ts";
import { fileContent, readableFileBytes } from "../../src/state/file-content.ts";
import { busyboxShell } from "./busybox-shell.ts";
import { runQuery } from "./run-query.ts";

describe("state: file content and checksums", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-content-"));
    writeFileSync(join(root, "one"), "first\nsecond");
    writeFileSync(join(root, "two\n'x' \\"), Buffer.from([0, 255, 10, 0, 200]));
    writeFileSync(join(root, "empty"), "");
    writeFileSync(join(root, "big"), Buffer.alloc(smallFileBytes + 1));
    writeFileSync(join(root, "huge"), Buffer.alloc(readableFileBytes + 1));
    mkdirSync(join(root, "dir"));
    symlinkSync("one", join(root, "link"));
  });
  after(() => rmSync(root, { recursive: true }));

  for (const host of [{ name: "GNU", shell: ["dash"], env: {} }, busyboxShell()]) {
    describe(host.name, () => {
      const content = (...names: string[]) =>
        runQuery(
          names.map((name) => fileContent(join(root, name))),
          host.shell,
          host.env,
        );

      it("reads many files byte by byte", () => {
        const [one, two, empty, dir, none, link] = content("one", "two\n'x' \\", "empty", "dir", "none", "link");
        expect(one).to.deep.equal({ size: 12, text: "first\nsecond" });
        expect(Buffer.from(encodeBytes(two?.text ?? ""))).to.deep.equal(Buffer.from([0, 255, 10, 0, 200]));
        expect(empty).to.deep.equal({ size: 0, text: "" });
        expect([dir, none]).to.deep.equal([undefined, undefined]);
        expect(link?.text).to.equal("first\nsecond");
      });

      it("does not read a file that is too big, and tells its size", () => {
        expect(content("huge", "one")).to.deep.equal([
          { size: readableFileBytes + 1, text: undefined },
          { size: 12, text: "first\nsecond" },
        ]);
      });

      it("hashes small files with each algorithm, big ones only when asked for", () => {
        const keys = (["one", "two\n'x' \\", "link", "big", "none", "dir"] as const).map((name) => ({
          path: join(root, name),
          algorithm: "sha1" as const,
        }));
        const small = runQuery(keys.map(fileChecksum), host.shell, host.env);
        expect(small.map((hash) => hash?.length)).to.deep.equal([40, 40, 40, undefined, undefined, undefined]);
        expect(small[0]).to.equal(small[2]);
        const mixed = [
          fileChecksum({ path: join(root, "one"), algorithm: "sha256" }),
          fileChecksum({ path: join(root, "one"), algorithm: "md5" }),
        ];
        expect(runQuery(mixed, host.shell, host.env).map((hash) => hash?.length)).to.deep.equal([64, 32]);
        const big = runQuery([bigFileChecksum({ path: join(root, "big"), algorithm: "sha1" })], host.shell, host.env);
        expect(big[0]).to.have.length(40);
      });
    });
  }
});
