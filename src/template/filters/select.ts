import { framePlugin, type NamedArguments, type Plugin } from "../callable.ts";
import type { Frame } from "../frame.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { describeValue, iterate } from "../values.ts";
import { attributeReader } from "./attribute-path.ts";
import type { PluginTable } from "./table.ts";

/** Filters that apply other filters and tests to each item of a list. */
export const selectFilters: PluginTable = {
  map: framePlugin("*args, **named", map),
  select: selector(false, true),
  reject: selector(false, false),
  selectattr: selector(true, true),
  rejectattr: selector(true, false),
};

function map(frame: Frame, value: unknown, args: readonly unknown[], named: NamedArguments): unknown[] {
  const items = iterate(value);
  if (args.length === 0 && named.has("attribute")) {
    for (const name of named.keys()) {
      if (name !== "attribute" && name !== "default") throw templateError(`unknown argument \`${name}\``);
    }
    return items.map(attributeReader(frame, named.get("attribute"), named.get("default")));
  }
  const [name, ...rest] = args;
  if (typeof name !== "string")
    throw templateError(
      "`map` needs the name of a filter or `attribute=`",
      "for example `map('upper')` or `map(attribute='name')`",
    );
  return items.map((item) => frame.filter(name, item, rest, named));
}

function selector(byAttribute: boolean, keep: boolean): Plugin {
  return framePlugin(
    "*args, **named",
    (frame: Frame, value: unknown, args: readonly unknown[], named: NamedArguments) => {
      if (byAttribute && args.length === 0)
        throw templateError("the name of the attribute is missing", "for example `selectattr('enabled')`");
      const read = byAttribute ? attributeReader(frame, args[0]) : (item: unknown) => item;
      const [test, ...rest] = byAttribute ? args.slice(1) : args;
      if (test !== undefined && typeof test !== "string")
        throw templateError(`the name of a test is text, got ${describeValue(test)}`);
      const holds = (item: unknown): boolean =>
        isTruthy(test === undefined ? item : frame.test(test, item, rest, named));
      return iterate(value).filter((item) => holds(read(item)) === keep);
    },
  );
}
