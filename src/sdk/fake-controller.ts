import type { Controller } from "../task/controller.ts";

/** A controller with some functions; any other one says what the fixture lacks. */
export function createFakeController(functions: Partial<Controller> = {}): Controller {
  return new Proxy(functions, {
    get(target, name) {
      const known = Reflect.get(target, name) as unknown;
      if (known !== undefined || typeof name !== "string") return known;
      return () => {
        throw new Error(`the module calls \`controller.${name}\`: give \`controller: { ${name}: … }\` in the fixture`);
      };
    },
  }) as Controller;
}
