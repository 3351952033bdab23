import { TsrunError } from "../lib/errors.ts";
import { createPaint, wantsColor } from "../report/colors.ts";
import { isInternalError, renderError } from "../report/render-error.ts";
import type { CliContext } from "./command.ts";
import { EXIT } from "./exit-codes.ts";

/** Writes anything that was thrown to stderr and says which exit code it means. `redact` takes secrets out of the text. */
export function reportError(
  thrown: unknown,
  { argv, stderr, env }: CliContext,
  redact: (text: string) => string = (text) => text,
): number {
  // Looked up in the raw arguments: what failed may be reading them.
  const said = argv.includes("--no-color") ? false : argv.includes("--color") ? true : undefined;
  const withStack = argv.some((argument) => /^-v{3,}$/.test(argument));
  const paint = createPaint(wantsColor(said, env, stderr));
  stderr.write(redact(renderError(thrown, { paint, columns: stderr.isTTY ? stderr.columns : undefined, withStack })));
  if (isInternalError(thrown)) return EXIT.internal;
  return thrown instanceof TsrunError && thrown.code === "E_INTERRUPTED" ? EXIT.interrupted : EXIT.usage;
}
