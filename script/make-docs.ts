/** Writes docs/modules/ and the table of docs/configuration.md from the sources. `test/cli/doc.test.ts` says when that is due. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { generatedDocs } from "./generated-docs.ts";

const docs = await generatedDocs();
rmSync(new URL("../docs/modules", import.meta.url), { recursive: true, force: true });
for (const [path, text] of docs) {
  const target = new URL(`../${path}`, import.meta.url);
  mkdirSync(dirname(target.pathname), { recursive: true });
  writeFileSync(target, text);
}
