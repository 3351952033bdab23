import { change, defineTask, type Plan, sh, TaskFailure, z } from "tsrun";
import { localeName, locales, type ObservedText, observeText, planText, textOf } from "tsrun/state";

const table = "/etc/locale.gen";

export default defineTask({
  name: "locale_gen",
  summary: "Generate locales, or take them away",
  args: z.object({
    name: z.string().describe("Name with its encoding, such as `de_DE.UTF-8`"),
    state: z.enum(["present", "absent"]).default("present").describe("Whether the host should have it"),
  }),
  examples: [{ name: "German", yaml: "locale_gen:\n  name: de_DE.UTF-8" }],
  observe: () => ({ ...observeText(table), existing: locales("host") }),
  plan({ name, state }, observed): Plan {
    const text = textOf(table, observed as unknown as ObservedText);
    const { names } = (observed as unknown as { readonly existing: { readonly names: readonly string[] } }).existing;
    if (text === undefined) throw new TaskFailure(`${table} is missing: is the package \`locales\` installed?`);
    const isWanted = state === "present";
    const edited = editTable(text, name, isWanted);
    if (edited === undefined)
      throw new TaskFailure(`The locale you've entered is not available on your system: ${name}`);
    if (names.includes(localeName(name)) === isWanted) return { changes: [], msg: "OK" };
    const written = edited === text ? [] : planText({ path: table }, edited, observed as unknown as ObservedText);
    const left = names.filter((one) => one !== localeName(name));
    // locale-gen makes all locales of the table anew: one that left the table is gone afterwards.
    const generate = change(
      locales("host"),
      { names: isWanted ? [...left, localeName(name)] : left },
      sh`locale-gen >/dev/null`,
      {
        mayAlter: ["facts"],
      },
    );
    return { changes: [...written, generate], msg: "OK" };
  },
  result: ({ name }) => ({ name }),
});

/** The table with a locale's line as an entry or as a comment; undefined when it has no such line. */
function editTable(text: string, name: string, isWanted: boolean): string | undefined {
  let isFound = false;
  const edited = text.split("\n").map((line) => {
    const [, mark, locale, charset] = /^(#?)\s*(\S+) (\S+)\s*$/.exec(line) ?? [];
    if (locale !== name) return line;
    isFound = true;
    if (isWanted === (mark === "")) return line;
    return isWanted ? `${locale} ${charset}` : `# ${locale} ${charset}`;
  });
  return isFound ? edited.join("\n") : undefined;
}
