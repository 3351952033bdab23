import { change, defineTask, encodeBytes, runCommand, sh, TaskFailure, z } from "tsrun";
import { debconfAnswers } from "tsrun/state";

const types = [
  "boolean",
  "error",
  "multiselect",
  "note",
  "password",
  "seen",
  "select",
  "string",
  "text",
  "title",
] as const;

const args = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9+.-]*$/i, "expected the name of a package")
    .describe("Package that asks")
    .meta({ aliases: ["pkg"] }),
  question: z
    .string()
    .optional()
    .describe("Its question, such as `tzdata/Areas`")
    .meta({ aliases: ["selection", "setting"] }),
  vtype: z.enum(types).optional().describe("Type of the answer"),
  value: z
    .string()
    .optional()
    .describe("The answer")
    .meta({ aliases: ["answer"] }),
  unseen: z.boolean().default(false).describe("Leave the question marked as never asked"),
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "debconf",
  summary: "Answer the questions of Debian packages beforehand",
  args,
  returns: {
    current: "The answers now",
    previous: "The answer before, when it was altered",
  },
  examples: [
    {
      name: "An answer",
      yaml: "debconf:\n  name: locales\n  question: locales/default_environment_locale\n  vtype: select\n  value: C.UTF-8",
    },
  ],
  observe: ({ name }) => ({ answers: debconfAnswers(name) }),
  plan(args, { answers }) {
    const { name, question, vtype, unseen } = args;
    if (question === undefined) return [];
    if (vtype === undefined || args.value === undefined)
      throw new TaskFailure("when supplying a question you must supply a valid vtype and value");
    const value = answerOf(args);
    if (/[\n\0]/.test(question + value)) throw new TaskFailure("a debconf question and answer are one line");
    const present = answers?.[question];
    // debconf shows no passwords, so one that is set is left alone.
    const isSame =
      vtype === "password"
        ? present === "(password omitted)"
        : vtype === "boolean"
          ? present?.toLowerCase() === value
          : present === value;
    if (present !== undefined && isSame) return [];
    const set = runCommand(sh`debconf-set-selections ${unseen && "-u"}`, {
      stdin: encodeBytes(`${name} ${question} ${vtype} ${value}\n`),
      protect: true,
    });
    const isSecret = vtype === "password";
    const diff = isSecret
      ? undefined
      : { before: present === undefined ? "" : `${question}: ${present}\n`, after: `${question}: ${value}\n` };
    return [
      {
        ...change(debconfAnswers(name), {}, set, { diff }),
        after: { ...answers, [question]: isSecret ? "(password omitted)" : value },
      },
    ];
  },
  result(args, { before, changes }) {
    const { question } = args;
    if (changes.length === 0 || question === undefined) return { current: before.answers ?? {}, msg: "" };
    const isSecret = args.vtype === "password";
    return {
      current: { [question]: isSecret ? "(password omitted)" : answerOf(args) },
      previous: { [question]: before.answers?.[question] ?? "" },
      msg: "",
    };
  },
});

/** debconf writes booleans in small letters. */
function answerOf({ vtype, value = "" }: Args): string {
  return vtype === "boolean" ? value.toLowerCase() : value;
}
