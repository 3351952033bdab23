import { defineAction, sh, TaskFailure, z } from "tsrun";

export default defineAction({
  name: "getent",
  summary: "Read entries of passwd, group, hosts and the like as facts",
  args: z.object({
    database: z.string().describe("passwd, group, hosts, services, …"),
    key: z.string().optional().describe("Entry to look up; default: all"),
    service: z.string().optional().describe("Source to ask, such as `files`"),
    split: z.string().optional().describe("What separates fields; default: a colon or blanks, as the database has it"),
    fail_key: z.boolean().default(true).describe("Fail when there is no such entry"),
  }),
  returns: {
    ansible_facts: "`getent_DATABASE`: by key the other fields of each entry",
  },
  examples: [{ name: "An account", yaml: "getent:\n  database: passwd\n  key: consul" }],
  runsOn: "host",
  writes: false,
  inCheckMode: "run",
  async run({ database, key, service, split, fail_key }, { host }) {
    const { rc, stdout } = await host.execReadonly({
      script: sh`getent ${service && ["-s", service]} -- ${database} ${key}`,
    });
    const name = `getent_${database}`;
    if (rc === 2 && !fail_key) {
      const msg = "One or more supplied key could not be found in the database.";
      return { ansible_facts: { [name]: { [key ?? ""]: null } }, msg };
    }
    if (rc !== 0) throw new TaskFailure(messages[rc] ?? "Unexpected failure!");
    const separator = split ?? (["passwd", "shadow", "group", "gshadow"].includes(database) ? ":" : undefined);
    return { ansible_facts: { [name]: parseEntries(stdout, separator) } };
  },
});

const messages: Readonly<Record<number, string>> = {
  1: "Missing arguments, or database unknown.",
  2: "One or more supplied key could not be found in the database.",
  3: "Enumeration not supported on this database.",
  127: "getent is not installed on the host.",
};

/** Fields by the first of each line; several lines with the same first field become a list of lists. */
function parseEntries(text: string, separator: string | undefined): Record<string, unknown> {
  const lists = new Map<string, string[][]>();
  for (const line of text.split("\n").filter((entry) => entry !== "")) {
    const [first = "", ...fields] = separator === undefined ? line.trim().split(/\s+/) : line.split(separator);
    lists.set(first, [...(lists.get(first) ?? []), fields]);
  }
  return Object.fromEntries([...lists].map(([first, list]) => [first, list.length === 1 ? list[0] : list]));
}
