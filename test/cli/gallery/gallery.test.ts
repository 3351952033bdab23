import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { runMain } from "../run-main.ts";

/**
 * Each file in wrong/ is a project with a mistake in it, and what `tsrun playbook site.yaml --syntax-check` says about it:
 *
 *     === site.yaml     a file of the project, up to the next heading
 *     === message       what stands on standard error, to the byte but for the column of the code
 *
 * UPDATE_GOLDEN=1 rewrites the messages. Read them aloud: each must tell a tired person what to do.
 */
const folder = new URL("wrong/", import.meta.url);
const heading = "=== message\n";

describe("error gallery", () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".txt"))) {
    it(name.replace(/\.txt$/, "").replaceAll("-", " "), async () => {
      const path = new URL(name, folder);
      const text = readFileSync(path, "utf8");
      const [written = "", expected = ""] = text.split(heading);
      const project = mkdtempSync(join(tmpdir(), "tsrun-gallery-"));
      try {
        for (const section of written.split(/^=== /m).slice(1)) {
          const end = section.indexOf("\n");
          const file = join(project, section.slice(0, end));
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, section.slice(end + 1));
        }
        const { stderr, exitCode } = await runMain(["playbook", "site.yaml", "--syntax-check"], project);
        // The place of the code depends on how long the name of the directory is.
        const message = stderr.replaceAll(project, "/project").replace(/ {2,}(E_\w+)$/gm, "  $1");
        if (process.env.UPDATE_GOLDEN) writeFileSync(path, `${written}${heading}${message}`);
        else expect(message).to.equal(expected);
        expect(exitCode).to.equal(1);
      } finally {
        rmSync(project, { recursive: true });
      }
    });
  }

  it("has a hundred mistakes at least", () => {
    expect(readdirSync(folder).length).to.be.at.least(100);
  });
});
