import { formatLocation } from "../lib/source.ts";
import { type Config, loadConfig } from "../project/config.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { createPaint, wantsColor } from "../report/colors.ts";
import { warningText } from "../report/warning-text.ts";
import type { CliContext } from "./command.ts";

const known = new WeakMap<CliContext, Config>();

/** The configuration of the directory that the command was started in; read once, its warnings go to stderr. */
export function configuration(context: CliContext): Config {
  let config = known.get(context);
  if (!config) {
    config = loadConfig(context);
    known.set(context, config);
    const warn = warnings(context);
    for (const warning of config.warnings) warn(warning);
  }
  return config;
}

/** Writes warnings to stderr. */
export function warnings({ stderr, env }: CliContext): (warning: TemplateWarning) => void {
  const paint = createPaint(wantsColor(undefined, env, stderr));
  return ({ message, at, hint }) => void stderr.write(warningText(message, at && formatLocation(at), hint, paint));
}
