/** A word of a line, quotes removed. */
export interface ShellWord {
  readonly text: string;
  /** Where the word starts in the line, quotes included. */
  readonly start: number;
  readonly end: number;
}

/**
 * Words of a host line as Python's `shlex.split(line, comments=True)` finds them: single and double quotes, backslashes, and `#`
 * that starts a comment wherever it stands outside of quotes. Undefined when a quote stays open.
 */
export function splitShellWords(line: string): readonly ShellWord[] | undefined {
  const words: ShellWord[] = [];
  let text: string | undefined;
  let start = 0;
  const begin = (at: number): void => {
    if (text === undefined) start = at;
    text ??= "";
  };
  const finish = (at: number): void => {
    if (text !== undefined) words.push({ text, start, end: at });
    text = undefined;
  };
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (/[ \t\r\n]/.test(char)) finish(at);
    else if (char === "#") {
      finish(at);
      return words;
    } else if (char === "'" || char === '"') {
      begin(at);
      const quoted = readQuoted(line, at + 1, char);
      if (quoted === undefined) return undefined;
      text += quoted.text;
      at = quoted.end;
    } else if (char === "\\") {
      if (at + 1 >= line.length) return undefined;
      begin(at);
      text += line[++at] as string;
    } else {
      begin(at);
      text += char;
    }
  }
  finish(line.length);
  return words;
}

function readQuoted(
  line: string,
  from: number,
  quote: string,
): { readonly text: string; readonly end: number } | undefined {
  let text = "";
  for (let at = from; at < line.length; at++) {
    const char = line[at] as string;
    if (char === quote) return { text, end: at };
    // In double quotes a backslash escapes only itself and the quote.
    if (char === "\\" && quote === '"' && (line[at + 1] === '"' || line[at + 1] === "\\")) text += line[++at] as string;
    else text += char;
  }
  return undefined;
}
