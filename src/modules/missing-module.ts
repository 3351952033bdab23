import { z } from "zod";
import type { TsrunError } from "../lib/errors.ts";
import { type ActionDefinition, defineAction } from "../task/define-action.ts";

/** Stands for a module that Ansible has and tsrun has not: a task that is reached fails. */
export interface MissingModule extends ActionDefinition {
  readonly error: TsrunError;
}

/** Roles for several systems name modules in tasks that never run here, so that a missing module is a failure only when it is reached. */
export function missingModule(name: string, error: TsrunError): MissingModule {
  const action = defineAction({
    name,
    summary: "A module of Ansible that tsrun does not have",
    args: z.looseObject({}),
    freeForm: "_raw_params",
    runsOn: "controller",
    inCheckMode: "run",
    run: () => {
      throw error;
    },
  });
  return { ...action, error };
}

export function isMissing(module: object): module is MissingModule {
  return "error" in module;
}
