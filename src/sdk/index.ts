/** What task modules import as `tsrun`: the module contract and the quoting template. */
export { z } from "zod";
export { decodeBytes, encodeBytes } from "../lib/bytes.ts";
export { messageOf, TsrunError } from "../lib/errors.ts";
export { fnmatch, isPattern } from "../lib/fnmatch.ts";
export { expandReplacement, translateRegex } from "../lib/python-regex.ts";
export { checkArgumentSpec } from "../task/argument-spec.ts";
export { fileMode, formatMode, parseBoolean } from "../task/args.ts";
export {
  type Change,
  type Command,
  type Content,
  change,
  create,
  type Diff,
  remove,
  runCommand,
  type Step,
  unknown,
  type WriteFile,
  writeFile,
} from "../task/change.ts";
export { globWord, hostWord, splitCommand } from "../task/command-line.ts";
export {
  type CommandTimes,
  commandResult,
  commandReturns,
  outputReturns,
  splitLines,
  untimedResult,
} from "../task/command-result.ts";
export type { Controller, LocalEntry, TemplateSyntax } from "../task/controller.ts";
export {
  type ActionContext,
  type ActionDefinition,
  type ActionResult,
  defineAction,
  type ExecOutput,
  type HostAccess,
  type VariableAccess,
} from "../task/define-action.ts";
export {
  type CommandOutput,
  defineTask,
  type Known,
  type ObserveContext,
  type Observed,
  type Plan,
  type PlanContext,
  type ResourceDefinition,
  type ResultContext,
} from "../task/define-task.ts";
export { TaskFailure } from "../task/failure.ts";
export { type HttpDestination, type HttpRequest, type HttpResponse, requestFromHost } from "../task/host-http.ts";
export { type BodyFormat, encodeBody, type HttpBody } from "../task/http-body.ts";
export { answerText, defineQuery, type Query, type QueryOutput } from "../task/query.ts";
export { quote, Sh, type ShValue, sh, shLines, userShell } from "../task/sh.ts";
