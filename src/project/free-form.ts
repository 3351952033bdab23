/** Free-form text of a module call, taken apart. */
export interface FreeForm {
  readonly text: string;
  /** `creates=/x` and the like that stood in the text, still unevaluated. */
  readonly pairs: ReadonlyMap<string, string>;
}

/**
 * Takes `key=value` words of the given keys out of free-form text and leaves everything else as it was written: quotes, spaces and
 * templates (`creates={{ home }}/x y` is a pair and a word).
 */
export function splitFreeForm(text: string, keys: readonly string[]): FreeForm {
  const pairs = new Map<string, string>();
  if (keys.length === 0 || !text.includes("=")) return { text, pairs };
  const kept: string[] = [];
  for (const word of wordsWithSpace(text)) {
    const pair = /^(\s*)([a-z_]+)=(.*)$/s.exec(word);
    if (pair && keys.includes(pair[2] as string)) pairs.set(pair[2] as string, unquote((pair[3] as string).trimEnd()));
    else kept.push(word);
  }
  return { text: pairs.size === 0 ? text : kept.join("").trim(), pairs };
}

/** Words with the white space before them; quotes and template tags hold their spaces. */
function wordsWithSpace(text: string): readonly string[] {
  const word = /\s*(?:\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\.|[^\s])+|\s+$/gs;
  return text.match(word) ?? [];
}

function unquote(value: string): string {
  return /^(["'])(.*)\1$/s.exec(value)?.[2] ?? value;
}
