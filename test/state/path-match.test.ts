import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { pathMatch } from "../../src/state/path-match.ts";
import { busyboxShell } from "./busybox-shell.ts";
import { runQuery } from "./run-query.ts";

const busybox = busyboxShell();

for (const { name, shell } of [{ name: "sh", shell: ["sh"] }, { name: "bash", shell: ["bash"] }, busybox]) {
  describe(`state: path matches, ${name}`, () => {
    it("tells for many paths and patterns at once", () => {
      const directory = mkdtempSync(join(tmpdir(), "tsrun-path-"));
      const odd = join(directory, "a 'b\n$(id)*");
      writeFileSync(odd, "");
      symlinkSync("/nonexistent", join(directory, "broken"));
      const patterns = [
        odd,
        join(directory, "broken"),
        join(directory, "*"),
        join(directory, "none*"),
        "/etc/passw[d]",
        "-n",
        "",
      ];
      const found = runQuery(patterns.map(pathMatch), shell);
      rmSync(directory, { recursive: true });
      expect(found).to.deep.equal([true, true, true, false, true, false, false]);
    });
  });
}
