import { defineTask, type Plan, TaskFailure, z } from "tsrun";
import { type ObservedText, observeText, planText, textOf } from "tsrun/state";

const types = ["account", "-account", "auth", "-auth", "password", "-password", "session", "-session"] as const;
const word = () => z.string().regex(/^(\[[^\]\r\n]*\]|[^\s[#]\S*)$/, "expected a word, or words in brackets");

const args = z.object({
  name: z
    .string()
    .regex(/^[^/\s]+$/, "expected the name of a service")
    .describe("The service, such as `sshd`"),
  type: z.enum(types).describe("Type of the rule"),
  control: word().describe("Control of the rule: a word, or `[success=1 default=ignore]`"),
  module_path: word().describe("Module of the rule, such as `pam_motd.so`"),
  new_type: z.enum(types).optional().describe("Type that the rule, or the one beside it, should have"),
  new_control: word().optional().describe("Control that it should have"),
  new_module_path: word().optional().describe("Module that it should have"),
  module_arguments: z
    .array(z.string())
    .optional()
    .describe("Its arguments; for `updated`, an empty one takes all away"),
  state: z
    .enum(["absent", "after", "args_absent", "args_present", "before", "updated"])
    .default("updated")
    .describe("What should become of the rule, or be `before` or `after` it"),
  path: z.string().default("/etc/pam.d").describe("Directory of the services").meta({ path: true }),
  backup: z.boolean().default(false).describe("Keep a copy of the file"),
});
type Args = z.output<typeof args>;

interface Rule {
  readonly type: string;
  readonly control: string;
  readonly path: string;
  readonly args: readonly string[];
}

export default defineTask({
  name: "pamd",
  summary: "Change the rules of a PAM service",
  args,
  returns: { change_count: "How many rules were altered", backupdest: "The copy that was kept" },
  examples: [
    {
      name: "No message of the day",
      yaml: "pamd:\n  name: sshd\n  type: session\n  control: optional\n  module_path: pam_motd.so\n  state: absent",
    },
  ],
  observe: ({ path, name }) => observeText(`${path}/${name}`),
  plan(args, observed): Plan {
    const file = `${args.path}/${args.name}`;
    const state = observed as unknown as ObservedText;
    const text = textOf(file, state);
    if (text === undefined) throw new TaskFailure(`Unable to open/read PAM module file ${file}: it does not exist`);
    refuseMissing(args);
    const edited = editRules(text.split("\n"), args).flat().join("\n");
    return { changes: edited === text ? [] : planText({ path: file, backup: args.backup }, edited, state) };
  },
  result(args, { before, changes, backups }) {
    const [backupdest = ""] = backups.values();
    const lines = changes.length === 0 ? [] : ((before as unknown as ObservedText).content?.text ?? "").split("\n");
    const altered = editRules(lines, args).filter((edited, at) => edited.length !== 1 || edited[0] !== lines[at]);
    return { change_count: altered.length, backupdest };
  },
});

function refuseMissing({ state, new_type, new_control, new_module_path, module_arguments }: Args): void {
  const isBeside = state === "before" || state === "after";
  if (isBeside && (new_type === undefined || new_control === undefined || new_module_path === undefined))
    throw new TaskFailure(`\`state: ${state}\` needs \`new_type\`, \`new_control\` and \`new_module_path\``);
  if ((state === "args_present" || state === "args_absent") && module_arguments === undefined)
    throw new TaskFailure(`\`state: ${state}\` needs \`module_arguments\``);
  if (module_arguments?.some((argument) => /[\r\n]/.test(argument)))
    throw new TaskFailure("an argument has no line break");
}

/** What becomes of each line. Other rules stay as they are, byte for byte. */
function editRules(lines: readonly string[], wish: Args): readonly (readonly string[])[] {
  const wanted = { type: wish.type, control: controlOf(wish.control), path: wish.module_path };
  const fresh: Rule = {
    type: wish.new_type ?? wanted.type,
    control: controlOf(wish.new_control ?? wanted.control),
    path: wish.new_module_path ?? wanted.path,
    args: wordsOf(wish.module_arguments ?? []),
  };
  return lines.map((line, at) => {
    const rule = ruleOf(line);
    if (!rule || !isAlike(rule, wanted)) return [line];
    switch (wish.state) {
      case "absent":
        return [];
      case "before":
        return neighbour(lines.slice(0, at).toReversed(), fresh) ? [line] : [lineOf(fresh), line];
      case "after":
        return neighbour(lines.slice(at + 1), fresh) ? [line] : [line, lineOf(fresh)];
      case "updated":
        return [altered(line, rule, { ...fresh, args: wish.module_arguments === undefined ? rule.args : fresh.args })];
      case "args_present":
        return [altered(line, rule, { ...rule, args: withArguments(rule.args, fresh.args) })];
      case "args_absent":
        return [altered(line, rule, { ...rule, args: rule.args.filter((argument) => !fresh.args.includes(argument)) })];
    }
  });
}

function ruleOf(line: string): Rule | undefined {
  const match = /^(-?(?:auth|account|session|password))\s+(\[.*?\]|\S+)\s+(\S+)\s*(.*)$/.exec(line);
  if (!match) return undefined;
  const [, type = "", control = "", path = "", rest = ""] = match;
  return { type, control: controlOf(control), path, args: wordsOf([rest]) };
}

/** `[success = 1  default=ignore]` is `[success=1 default=ignore]`. */
function controlOf(control: string): string {
  return control.replace(/\s*=\s*/g, "=").replace(/\s+/g, " ");
}

function wordsOf(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.match(/\[.*\]|\S+/g) ?? []);
}

function lineOf({ type, control, path, args }: Rule): string {
  return `${type.padEnd(11)}${[control, path, ...args].join(" ")}`;
}

function altered(line: string, rule: Rule, wanted: Rule): string {
  return lineOf(rule) === lineOf(wanted) ? line : lineOf(wanted);
}

function isAlike(one: Rule, other: Omit<Rule, "args">): boolean {
  return one.type === other.type && one.control === other.control && one.path === other.path;
}

/** Whether the first line that says something is such a rule. */
function neighbour(lines: readonly string[], wanted: Rule): boolean {
  const next = lines.find((line) => !/^\s*(#|$)/.test(line));
  const rule = next === undefined ? undefined : ruleOf(next);
  return rule !== undefined && isAlike(rule, wanted);
}

/** Adds what is missing; `retry=3` takes the place of `retry=5`. */
function withArguments(current: readonly string[], added: readonly string[]): readonly string[] {
  if (added.some((argument) => argument.startsWith("[")))
    throw new TaskFailure(
      "Unable to process bracketed '[' complex arguments with 'args_present'. Please use 'updated'.",
    );
  const keyOf = (argument: string): string => argument.split("=")[0] as string;
  const replaced = current.map(
    (argument) => added.find((one) => one.includes("=") && keyOf(one) === keyOf(argument)) ?? argument,
  );
  return [...replaced, ...added.filter((one) => !replaced.includes(one))];
}
