import { TaskFailure } from "./failure.ts";
import { quote, type Sh, userShell } from "./sh.ts";

/** Words of a command line, as Python's `shlex.split` makes them: quotes and backslashes, no shell. */
export function splitCommand(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let open: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (open === "'") {
      if (character === "'") open = undefined;
      else word += character;
    } else if (character === "\\") {
      at += 1;
      if (at >= text.length) throw new TaskFailure("the command line ends with a backslash: No escaped character");
      // Inside double quotes a backslash only protects a quote and itself.
      const isKept = open === '"' && text[at] !== '"' && text[at] !== "\\";
      word = (word ?? "") + (isKept ? "\\" : "") + text[at];
    } else if (open === '"') {
      if (character === '"') open = undefined;
      else word += character;
    } else if (character === "'" || character === '"') {
      open = character;
      word ??= "";
    } else if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (open !== undefined)
    throw new TaskFailure(`a quote (${open}) is not closed in the command line: No closing quotation`);
  if (word !== undefined) words.push(word);
  return words;
}

/** A shell word in which `~`, `~user`, `$NAME` and `${NAME}` mean what they mean on the host, as in Python's `expanduser` and `expandvars`. */
export function hostWord(text: string): Sh {
  const tilde = /^~[A-Za-z0-9_.-]*(?=\/|$)/.exec(text)?.[0] ?? "";
  const rest = text.slice(tilde.length);
  const slash = tilde !== "" && rest.startsWith("/") ? "/" : "";
  const parts = rest.slice(slash.length).split(/(\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\}))/);
  const quoted = parts.map((part, index) => {
    if (index % 2 === 0) return part === "" ? "" : quote(part);
    // An unknown variable stays as it is written.
    return `"\${${part.replace(/[${}]/g, "")}-\\${part.replace("}", "\\}")}}"`;
  });
  return userShell(tilde + slash + quoted.join("") || "''");
}

/** A shell word whose `*`, `?` and `[…]` match files on the host; everything else in it is literal, `~` and variables aside. */
export function globWord(pattern: string): Sh {
  const parts = pattern.split(/([*?]|\[!?\]?[^\]/]*\])/);
  return userShell(
    parts.map((part, index) => (index % 2 === 1 ? bracket(part) : part && hostWord(part).text)).join("") || "''",
  );
}

/** Inside brackets only what could end the word or start an expansion is quoted. */
function bracket(part: string): string {
  return part.replace(/[^A-Za-z0-9*?[\]!^:-]/gu, (character) => quote(character));
}
