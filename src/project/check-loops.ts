import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Loop } from "../playbook/model.ts";
import { describe } from "../playbook/values.ts";
import type { TemplateWarning } from "../template/environment.ts";
import { hasLookup, lookupNames } from "../template/lookup.ts";
import { rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import type { Project } from "./project.ts";

/** What is wrong with a loop, whatever its variables are. */
export function loopError(project: Project, { container, key, lookup, isWith }: Loop): TsrunError | undefined {
  const { environment } = project.templater;
  if (isWith) {
    if (hasLookup(environment, lookup)) return undefined;
    const loops = lookupNames(environment).map((name) => `with_${name}`);
    return new TsrunError({
      code: "E_UNKNOWN_LOOKUP",
      message: `unknown lookup \`${lookup}\` in \`${key}\``,
      at: rangeOfKey(container, key),
      hint: didYouMean(key, loops) ?? "loop over a list with `loop:`",
    });
  }
  const value = (container as Record<string, unknown>)[key];
  const isText = typeof value === "string";
  const isMapping = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (!(isText && !project.templater.isTemplate(value)) && !isMapping) return undefined;
  return new TsrunError({
    code: "E_LOOP_VALUE",
    message: `\`loop\`: expected a list, got ${describe(value)}`,
    at: rangeOfValue(container, key),
    hint: isText
      ? `if it is a variable, write \`"{{ ${value.trim()} }}"\``
      : 'a mapping becomes a list with `"{{ … | dict2items }}"`',
  });
}

/** `with_items: users`: Ansible takes a bare name as a text, since 2.2. */
export function bareLoop(project: Project, { container, key, lookup, isWith }: Loop): TemplateWarning | undefined {
  const value = (container as Record<string, unknown>)[key];
  if (!isWith || lookup !== "items" || typeof value !== "string" || !/^[A-Za-z_]\w*$/.test(value)) return undefined;
  const hosts = [...project.hostNames(), "localhost"];
  const isVariable = hosts.some((host) =>
    project.inventoryLayers(host).some(({ values }) => Object.hasOwn(values, value)),
  );
  if (!isVariable) return undefined;
  return {
    message: `\`${key}: ${value}\` is one item, the text \`${value}\``,
    at: rangeOfValue(container, key),
    hint: `for the variable, write \`"{{ ${value} }}"\``,
  };
}
