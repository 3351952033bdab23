import { templatePluginTools } from "../../src/inventory/plugin-tools.ts";
import { createEnvironment } from "../../src/template/builtins.ts";
import { Templater } from "../../src/vars/templater.ts";

export const pluginTools = templatePluginTools(new Templater(createEnvironment()), (text) => text.ciphertext);
