import { type ErrorCode, TsrunError, TsrunErrors } from "../lib/errors.ts";
import { codeFrame } from "../yaml/code-frame.ts";
import type { Paint } from "./colors.ts";
import { displayWidth } from "./display-width.ts";
import { escapeControls } from "./escape-controls.ts";

/** Where the code of an error ends, so that a list of errors has its codes in one column. */
const CODE_COLUMN = 100;

export interface RenderErrorOptions {
  readonly paint: Paint;
  /** Width of the terminal; undefined when it is none. */
  readonly columns?: number | undefined;
  /** Shows causes and stacks of expected errors too (`-vvv`). */
  readonly withStack?: boolean;
}

/** The text for anything that was thrown, ending with a line break. The one place where errors become text. */
export function renderError(thrown: unknown, options: RenderErrorOptions): string {
  if (thrown instanceof TsrunErrors) return renderAll(thrown.errors, options);
  if (thrown instanceof TsrunError) return renderOne(thrown, options);
  return renderBug(thrown, options);
}

/** Whether this is a fault of tsrun itself and not of what it was given. */
export function isInternalError(thrown: unknown): boolean {
  return !(thrown instanceof TsrunError || thrown instanceof TsrunErrors);
}

/** More than anybody reads at once: one mistake often causes many errors. */
const MOST_ERRORS = 25;

function renderAll(errors: readonly TsrunError[], options: RenderErrorOptions): string {
  const rendered = errors
    .slice(0, MOST_ERRORS)
    .map((error) => renderOne(error, options))
    .join("\n");
  const left = errors.length - MOST_ERRORS;
  const count = left > 0 ? `${errors.length} errors; ${left} of them are not shown` : `${errors.length} errors`;
  return errors.length > 1 ? `${rendered}\n${options.paint.failed(count)}\n` : rendered;
}

function renderOne(error: TsrunError, options: RenderErrorOptions): string {
  const { paint } = options;
  const lines = [headline(escapeControls(error.message), error.code, options)];
  const hint = error.hint === undefined ? undefined : escapeControls(error.hint);
  const isNote = hint !== undefined && !hint.includes("\n") && displayWidth(hint) <= 60;
  if (error.at) lines.push(paintFrame(escapeControls(codeFrame(error.at, isNote ? hint : undefined)), paint));
  if (hint !== undefined && !(error.at && isNote)) lines.push(labelled("hint", hint, paint));
  if (options.withStack) lines.push(paint.dim(escapeControls(stackOf(error))));
  return `${lines.join("\n")}\n`;
}

function headline(message: string, code: ErrorCode, { paint, columns }: RenderErrorOptions): string {
  const [first = "", ...rest] = message.split("\n");
  const used = displayWidth(`error: ${first}`);
  const room = Math.min(columns ?? CODE_COLUMN, CODE_COLUMN) - used - code.length;
  const head = `${paint.failed("error:")} ${paint.bold(first)}${" ".repeat(Math.max(2, room))}${paint.dim(code)}`;
  return [head, ...rest.map((line) => `  ${line}`)].join("\n");
}

function labelled(label: string, text: string, paint: Paint): string {
  const [first = "", ...rest] = text.split("\n");
  return [`  ${paint.dim(`${label}:`)} ${first}`, ...rest.map((line) => `        ${line}`)].join("\n");
}

/** The gutter steps back, the marks stand out. */
function paintFrame(frame: string, paint: Paint): string {
  return frame
    .split("\n")
    .map((line) => {
      const marks = /^( *│ *)(\^+)(.*)$/.exec(line);
      if (marks) return `${paint.dim(marks[1] ?? "")}${paint.failed(marks[2] ?? "")}${paint.changed(marks[3] ?? "")}`;
      const gutter = /^( *\d* [│]|.*──▶)(.*)$/.exec(line);
      return gutter ? `${paint.dim(gutter[1] ?? "")}${gutter[2]}` : line;
    })
    .join("\n");
}

function renderBug(thrown: unknown, { paint }: RenderErrorOptions): string {
  return [
    `${paint.failed("internal error:")} this is a bug in tsrun, not in your files${" ".repeat(28)}${paint.dim("E_INTERNAL")}`,
    paint.dim(escapeControls(indent(stackOf(thrown)))),
    `  ${paint.dim("node")} ${process.version} ${process.platform} ${process.arch}`,
    `  please report it with the lines above and what you ran`,
    "",
  ].join("\n");
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.stack ?? `${thrown.name}: ${thrown.message}`;
  return thrown.cause === undefined ? own : `${own}\ncaused by: ${stackOf(thrown.cause)}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
