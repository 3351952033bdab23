import type { SourceFile } from "../lib/source.ts";
import type { AdHocTask } from "./options.ts";

/** The playbook that an ad hoc task stands for, as a text: it is checked, and shown in errors, like any other. */
export function adHocSource({ pattern, module, args }: AdHocTask): SourceFile {
  const given = args.trim();
  // A mapping in YAML is one in JSON too, and the other way round.
  const value =
    given === "" ? "" : given.startsWith("{") ? ` ${given.replaceAll("\n", "\n      ")}` : ` ${JSON.stringify(args)}`;
  const text = `- hosts: ${JSON.stringify(pattern)}
  gather_facts: false
  tasks:
    - ${module}:${value}
`;
  return { path: "<ad hoc>", text };
}
