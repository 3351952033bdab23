import { readFileSync } from "node:fs";
import { allModules } from "../src/modules/all-modules.ts";
import { type Setting, SETTINGS } from "../src/project/config-settings.ts";
import { differencesPage } from "./differences-page.ts";
import { lawsPage } from "./laws-page.ts";
import { indexMarkdown, moduleMarkdown } from "../src/cli/doc/module-markdown.ts";

/** Texts of the generated pages by their path in the repository. */
export async function generatedDocs(): Promise<ReadonlyMap<string, string>> {
  const modules = await allModules([]);
  const docs = new Map(modules.map((module) => [`docs/modules/${module.name}.md`, moduleMarkdown(module)]));
  docs.set("docs/modules/README.md", indexMarkdown(modules));
  docs.set("docs/configuration.md", configurationPage());
  docs.set("docs/differences.md", differencesPage());
  docs.set("docs/laws.md", lawsPage());
  return docs;
}

/** The page with its table made anew; the text above it is written by hand. */
function configurationPage(): string {
  const page = readFileSync(new URL("../docs/configuration.md", import.meta.url), "utf8");
  const rows = Object.entries(SETTINGS).map(
    ([name, { ini, env, default: value, summary, type }]: [string, Setting<unknown>]) => {
      const code = (text: string): string => `\`${text}\``;
      const shown = Array.isArray(value)
        ? value.join(":")
        : ["string", "number", "boolean"].includes(typeof value)
          ? `${value as string}`
          : "";
      const choices = typeof type === "object" ? ` (${type.choices.map(code).join(", ")})` : "";
      const cells = [
        code(name),
        ini.map(code).join(", "),
        env.map(code).join(", "),
        shown === "" ? "" : code(shown),
        summary + choices,
      ];
      return `| ${cells.join(" | ")} |\n`;
    },
  );
  return page.replace(/(\|---\|---\|---\|---\|---\|\n)[^]*$/, (_, rule: string) => rule + rows.join(""));
}
