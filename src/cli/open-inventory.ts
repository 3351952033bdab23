import type { Inventory } from "../inventory/inventory.ts";
import { templatePluginTools } from "../inventory/plugin-tools.ts";
import { readInventory } from "../project/inventory-files.ts";
import type { ProjectOptions, RunHooks } from "../project/options.ts";
import { ProjectFiles } from "../project/project-files.ts";
import { templateEnvironment } from "../project/template-environment.ts";
import { TemplateFiles } from "../project/template-files.ts";
import { VaultReader, vaultPasswords } from "../project/vault-passwords.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { Templater } from "../vars/templater.ts";

/** The inventory that the options name, or the project's own, without anything else of the project. */
export async function openInventory(
  options: ProjectOptions,
  hooks: RunHooks,
  warn: (warning: TemplateWarning) => void,
): Promise<Inventory> {
  const { cwd } = options;
  const vault = new VaultReader(await vaultPasswords(options.vault, cwd, hooks), (value) => hooks.onSecret(value));
  const files = new ProjectFiles((text, path) => vault.file(text, path));
  const environment = templateEnvironment({ files, templates: () => templates, cwd, warn });
  const templates = new TemplateFiles(files, () => environment);
  const tools = templatePluginTools(new Templater(environment), (text) => vault.text(text));
  return readInventory({ ...options, playbooks: [] }, files, { tools, warn });
}
