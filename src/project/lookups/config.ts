import { didYouMean } from "../../lib/suggest.ts";
import { type SettingName, SETTINGS } from "../config-settings.ts";
import { type Lookup, LookupError } from "./lookup.ts";

/** Names in Ansible's configuration that are not made of the setting's variable of the environment. */
const otherNames: Readonly<Record<string, SettingName>> = {
  DEFAULT_HOST_LIST: "inventory",
  TAGS_RUN: "tags_run",
  TAGS_SKIP: "tags_skip",
};

/** Settings by Ansible's names: `DEFAULT_FORKS` and `FORKS` for what `ANSIBLE_FORKS` sets. */
const byAnsibleName: ReadonlyMap<string, SettingName> = new Map([
  ...Object.entries(SETTINGS).flatMap(([name, { env }]) =>
    env.flatMap((variable) => {
      const bare = variable.replace(/^ANSIBLE_/, "");
      return [variable, bare, `DEFAULT_${bare}`].map((key) => [key, name as SettingName] as const);
    }),
  ),
  ...Object.entries(otherNames),
]);

/** `lookup('config', 'DEFAULT_ROLES_PATH')`: settings of the run by Ansible's names. */
export const config: Lookup = (terms, options, { settings }) => {
  const onMissing = options["on_missing"] ?? "error";
  return terms.flatMap((term) => {
    const name = byAnsibleName.get(String(term));
    if (name !== undefined) return [settings[name] ?? null];
    if (onMissing === "skip" || onMissing === "warn") return [];
    const near = didYouMean(String(term), byAnsibleName.keys());
    throw new LookupError(`no setting \`${String(term)}\`${near === undefined ? "" : `, ${near}`}`);
  });
};
