/** What was typed at the task debugger's prompt. */
export type DebuggerCommand =
  | { readonly kind: "redo" | "continue" | "quit" | "update" | "help" | "nothing" }
  | { readonly kind: "print"; readonly expression: string }
  /** `key` undefined: all of them at once. */
  | {
      readonly kind: "set";
      readonly target: "args" | "vars";
      readonly key: string | undefined;
      readonly expression: string;
    }
  | { readonly kind: "unknown"; readonly text: string };

const WORDS: Readonly<Record<string, "redo" | "continue" | "quit" | "update" | "help">> = {
  r: "redo",
  redo: "redo",
  c: "continue",
  continue: "continue",
  q: "quit",
  quit: "quit",
  u: "update",
  update_task: "update",
  h: "help",
  help: "help",
  "?": "help",
};

/** Reads a line in the words of Ansible's debugger: `p task.args`, `task.args['name'] = 'nginx'`, `task_vars['x'] = 1`, `u`, `r`, `c`, `q`. */
export function parseDebuggerCommand(line: string): DebuggerCommand {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  const word = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
  if (word !== undefined) return { kind: word };
  const print = /^(?:p|pprint|print)\s+(.+)$/s.exec(text);
  if (print) return { kind: "print", expression: print[1] as string };
  const set = /^(task\.args|task\.vars|task_vars)\s*(?:\[\s*(['"])(.+?)\2\s*\])?\s*=(?!=)\s*(.+)$/s.exec(text);
  if (!set) return { kind: "unknown", text };
  return { kind: "set", target: set[1] === "task.args" ? "args" : "vars", key: set[3], expression: set[4] as string };
}
