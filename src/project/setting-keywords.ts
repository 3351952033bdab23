import type { Mapping } from "../playbook/model.ts";
import type { Settings } from "./config-settings.ts";

/** The settings that are defaults of keywords: what a play, block or task says about itself is stronger. */
export function settingKeywords(settings: Settings): Mapping {
  return {
    ...(settings.strategy !== "linear" && { strategy: settings.strategy }),
    ...(settings.any_errors_fatal && { any_errors_fatal: true }),
    ...(settings.no_log && { no_log: true }),
    ...(settings.task_timeout > 0 && { timeout: settings.task_timeout }),
    ...(settings.gathering === "explicit" && { gather_facts: false }),
    ...(settings.gather_subset.length > 0 && { gather_subset: settings.gather_subset }),
    ...(settings.gather_timeout !== undefined && { gather_timeout: settings.gather_timeout }),
    ...(settings.fact_path !== undefined && { fact_path: settings.fact_path }),
    ...(settings.become_exe !== undefined && { become_exe: settings.become_exe }),
    ...(settings.become_flags !== undefined && { become_flags: settings.become_flags }),
  };
}
