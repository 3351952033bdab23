import { dirname } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import type { ExpandedPlay } from "../project/expanded.ts";
import { isFile } from "../project/project-files.ts";
import { candidates, findFile } from "../project/search-path.ts";
import { parseBoolean } from "../task/args.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { finalize, type VarScope } from "../vars/scope.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import type { HostRun } from "./host-run.ts";
import type { RunContext } from "./run-context.ts";
import { data } from "./variables.ts";
import { toText } from "../template/python-repr.ts";

/** Layers of a play's `vars_files` for a host, strongest first. An entry that is a list stands for its first file that exists. */
export function varsFiles(
  context: Pick<RunContext, "project" | "variables">,
  play: ExpandedPlay,
  host: HostRun,
): readonly VarsLayer[] {
  const { raw } = play.frame;
  const entries = raw["vars_files"];
  if (entries === undefined || entries === null) return [];
  const list = Array.isArray(entries) ? entries : [entries];
  const container = Array.isArray(entries) ? entries : raw;
  const variables = {
    play,
    name: "",
    allHosts: () => [],
    activeHosts: () => [],
    isActive: () => true,
    layersFor: () => [],
  };
  const scope = context.variables.scope(host, play.frame, variables);
  const layers = list.map((_, index): VarsLayer | undefined => {
    const key = Array.isArray(entries) ? index : "vars_files";
    const value = finalize(scope.evaluateMember(container as object, key));
    const names = (Array.isArray(value) ? value : [value]).map(String);
    const bases = [dirname(play.path)];
    const found = names.map((name) => findFile(name, "vars", bases)).find((path) => path !== undefined && isFile(path));
    if (found !== undefined)
      return { name: `vars_files ${found}`, values: context.project.files.vars(found), trusted: true };
    throw new TsrunError({
      code: "E_FILE_NOT_FOUND",
      message: `no variables file ${names.map((name) => `\`${name}\``).join(" or ")}`,
      at: rangeOfValue(container, key),
      hint: `looked for ${names.flatMap((name) => candidates(name, "vars", bases)).join(", ")}`,
    });
  });
  return layers.filter((layer) => layer !== undefined).reverse();
}

interface Prompt {
  readonly name: string;
  readonly prompt?: unknown;
  readonly default?: unknown;
  readonly private?: unknown;
  readonly confirm?: unknown;
  readonly encrypt?: unknown;
  readonly salt?: unknown;
  readonly salt_size?: unknown;
  readonly unsafe?: unknown;
}

/** Asks for `vars_prompt`; variables that extra vars set already are not asked for. */
export async function askPromptedVars(
  context: RunContext,
  play: ExpandedPlay,
  scope: VarScope,
): Promise<readonly VarsLayer[]> {
  const prompts = play.frame.raw["vars_prompt"];
  if (!Array.isArray(prompts)) return [];
  const answers: Record<string, unknown> = {};
  for (const raw of prompts as readonly object[]) {
    const prompt = finalize(
      Object.fromEntries(Object.keys(raw).map((key) => [key, scope.evaluateMember(raw, key)])),
    ) as Prompt;
    if (Object.hasOwn(context.project.extraVars.values, prompt.name)) continue;
    const answer = await askOne(context, prompt);
    answers[prompt.name] = encrypted(context, scope, prompt, answer);
  }
  return [data("vars_prompt", answers)];
}

/** `encrypt`: the answer as `password_hash` makes it. */
function encrypted(context: RunContext, scope: VarScope, prompt: Prompt, answer: string): string {
  const { encrypt, salt, salt_size: saltSize } = prompt;
  if (!encrypt) return answer;
  const given = { answer, encrypt, salt: salt ?? null, salt_size: saltSize ?? null };
  const hash = toText(
    scope
      .with(data("vars_prompt", given))
      .evaluateExpression("answer | password_hash(encrypt, salt=salt, salt_size=salt_size)"),
  );
  context.hooks.onSecret(hash);
  return hash;
}

async function askOne(context: RunContext, prompt: Prompt): Promise<string> {
  const isSecret = parseBoolean(prompt.private ?? true) ?? true;
  const label = prompt.prompt === undefined ? prompt.name : toText(prompt.prompt);
  const defaultAnswer = prompt.default === undefined || prompt.default === null ? undefined : toText(prompt.default);
  const ask = async (text: string): Promise<string> => {
    try {
      return await context.hooks.ask({ text: `${text}: `, isSecret, defaultAnswer });
    } catch (error) {
      const hasNobody = error instanceof TsrunError && error.code === "E_NO_TERMINAL";
      if (!hasNobody || defaultAnswer === undefined) throw error;
      const message = `\`${prompt.name}\` has its default: there is no terminal to ask at`;
      context.emit({ type: "warning", message, hint: `-e ${prompt.name}=VALUE` });
      return defaultAnswer;
    }
  };
  for (let again = ""; ; again = "***** VALUES ENTERED DO NOT MATCH ****\n") {
    const answer = await ask(`${again}${defaultAnswer === undefined ? label : `${label} [${defaultAnswer}]`}`);
    const repeated = parseBoolean(prompt.confirm ?? false) ? await ask(`confirm ${label}`) : answer;
    if (answer !== repeated) continue;
    if (isSecret && answer !== "") context.hooks.onSecret(answer);
    return answer;
  }
}
