/** A shell pattern as Python's fnmatch reads it: `*` and `?` match any character, slashes too; `[!a-z]` excludes. Matches the whole text. */
export function fnmatch(text: string, pattern: string): boolean {
  return fnmatchRegex(pattern).test(text);
}

export function fnmatchRegex(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    if (character === "*") source += "[^]*";
    else if (character === "?") source += "[^]";
    else if (character === "[") {
      const end = pattern.indexOf("]", pattern[at + 1] === "!" ? at + 3 : at + 2);
      if (end === -1) {
        source += "\\[";
        continue;
      }
      const members = pattern
        .slice(at + 1, end)
        .replaceAll("\\", "\\\\")
        .replace(/^!/, "^")
        .replaceAll("[", "\\[");
      source += `[${members}]`;
      at = end;
    } else source += character.replace(/[\\^$.|+(){}\]/]/, "\\$&");
  }
  return new RegExp(`^${source}$`);
}

/** True when a text holds characters that make it a pattern. */
export function isPattern(text: string): boolean {
  return /[*?[\]]/.test(text);
}
