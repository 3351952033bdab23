import { TsrunError } from "../lib/errors.ts";
import { parsePythonLiteral } from "../inventory/python-literal.ts";
import type { Loop } from "../playbook/model.ts";
import type { Frame } from "../project/expanded.ts";
import { isList, Tuple } from "../template/values.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { finalize, type VarScope } from "../vars/scope.ts";
import { rangeOfValue } from "../yaml/positions.ts";
import { data } from "./variables.ts";
import { toText } from "../template/python-repr.ts";

/** How `loop_control` wants the loop. */
export interface LoopControl {
  readonly loopVar: string;
  readonly indexVar: string | undefined;
  readonly isExtended: boolean;
  readonly withAllItems: boolean;
  readonly pauseMs: number;
}

/** The items of a loop, evaluated and flattened as its kind asks. */
export function loopItems(scope: VarScope, loop: Loop): readonly unknown[] {
  const { container, key, lookup, isWith } = loop;
  const evaluated = finalize(scope.evaluateMember(container, key));
  const spelled = typeof evaluated === "string" ? spelledList(evaluated) : undefined;
  if (spelled) {
    scope.warn({
      message: "a loop over text that looks like a list",
      at: rangeOfValue(container, key),
      hint: "make a list of it: `{{ }}` around one expression, such as `{{ names | map('upper') }}`",
    });
  }
  const value = spelled ?? evaluated;
  if (!isWith) {
    if (isList(value)) return value;
    throw new TsrunError({
      code: "E_LOOP_VALUE",
      message: `expected a list for \`loop\`, got ${typeof value === "string" ? `the text \`${value}\`` : `\`${JSON.stringify(value)}\``}`,
      at: rangeOfValue(container, key),
      hint: "a mapping becomes a list with `| dict2items`, a single value with `[value]`",
    });
  }
  const terms = isList(value) ? value : [value];
  if (lookup === "items") return terms.flatMap((term) => (isList(term) ? term : [term]));
  return scope.query(lookup, terms).map((item) => (item instanceof Tuple ? [...item] : item));
}

/** The list that a template wrote as text, `[{% for … %}'{{ x }}',{% endfor %}]`: before 2.19 Ansible made a list of such text. */
function spelledList(text: string): readonly unknown[] | undefined {
  if (!/^\s*\[[^]*\]\s*$/.test(text)) return undefined;
  // Ansible took JSON's words among Python's, too.
  const python = text.replace(
    /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\b(true|false|null)\b/g,
    (part: string, word: keyof typeof pythonWords | undefined) => (word === undefined ? part : pythonWords[word]),
  );
  const literal = parsePythonLiteral(python.trim())?.value;
  return isList(literal) ? literal : undefined;
}

const pythonWords = { true: "True", false: "False", null: "None" } as const;

/** Settings of `loop_control`, evaluated before the first item. */
export function loopControl(scope: VarScope, frame: Frame): LoopControl {
  const raw = (frame.raw["loop_control"] ?? {}) as Readonly<Record<string, unknown>>;
  const value = (name: string): unknown =>
    Object.hasOwn(raw, name) ? finalize(scope.evaluateMember(raw, name)) : undefined;
  return {
    loopVar: toText(value("loop_var") ?? "item"),
    indexVar: value("index_var") === undefined ? undefined : toText(value("index_var")),
    isExtended: value("extended") === true,
    withAllItems: value("extended_allitems") !== false,
    pauseMs: Number(value("pause") ?? 0) * 1000,
  };
}

/** Variables of one turn of a loop. */
export function itemLayer(items: readonly unknown[], index: number, control: LoopControl): VarsLayer {
  const values: Record<string, unknown> = { [control.loopVar]: items[index], ansible_loop_var: control.loopVar };
  if (control.indexVar !== undefined) {
    values[control.indexVar] = index;
    values["ansible_index_var"] = control.indexVar;
  }
  if (control.isExtended) {
    values["ansible_loop"] = {
      ...(control.withAllItems && { allitems: items }),
      index: index + 1,
      index0: index,
      first: index === 0,
      last: index + 1 === items.length,
      length: items.length,
      revindex: items.length - index,
      revindex0: items.length - index - 1,
      ...(index > 0 && { previtem: items[index - 1] }),
      ...(index + 1 < items.length && { nextitem: items[index + 1] }),
    };
  }
  return data("loop", values);
}

/** What `(item=…)` shows. */
export function itemLabel(scope: VarScope, frame: Frame, item: unknown): unknown {
  const raw = (frame.raw["loop_control"] ?? {}) as Readonly<Record<string, unknown>>;
  return Object.hasOwn(raw, "label") ? finalize(scope.evaluateMember(raw, "label")) : item;
}
