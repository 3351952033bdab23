import { characters } from "./values.ts";

export interface ScalarAnalysis {
  readonly empty: boolean;
  readonly multiline: boolean;
  readonly allowFlowPlain: boolean;
  readonly allowBlockPlain: boolean;
  readonly allowSingleQuoted: boolean;
  readonly allowBlock: boolean;
}

const BREAKS = "\n\x85\u2028\u2029";
const WHITE = `\0 \t\r${BREAKS}`;

/** Which styles can hold a text: libyaml's `yaml_emitter_analyze_scalar`. */
export function analyzeScalar(text: string): ScalarAnalysis {
  if (text === "") {
    return {
      empty: true,
      multiline: false,
      allowFlowPlain: false,
      allowBlockPlain: true,
      allowSingleQuoted: true,
      allowBlock: false,
    };
  }
  const chars = characters(text);
  const found = scan(chars, text.startsWith("---") || text.startsWith("..."));
  const last = chars.length - 1;
  const isBreak = (at: number): boolean => BREAKS.includes(chars[at] as string);
  const edges = chars[0] === " " || chars[last] === " " || isBreak(0) || isBreak(last);
  const spaceBreak = chars.some((c, at) => at > 0 && isBreak(at) && chars[at - 1] === " " && c !== undefined);
  const breakSpace = chars.some((c, at) => at > 0 && c === " " && isBreak(at - 1));
  const bad = spaceBreak || found.special;
  const plain = !edges && !breakSpace && !bad && !found.breaks;
  return {
    empty: false,
    multiline: found.breaks,
    allowFlowPlain: plain && !found.flowIndicators,
    allowBlockPlain: plain && !found.blockIndicators,
    allowSingleQuoted: !breakSpace && !bad,
    allowBlock: chars[last] !== " " && !bad,
  };
}

interface Findings {
  blockIndicators: boolean;
  flowIndicators: boolean;
  breaks: boolean;
  special: boolean;
}

function scan(chars: readonly string[], documentMarker: boolean): Findings {
  const found: Findings = {
    blockIndicators: documentMarker,
    flowIndicators: documentMarker,
    breaks: false,
    special: false,
  };
  chars.forEach((c, at) => {
    const next = chars[at + 1];
    const followed = next === undefined || WHITE.includes(next);
    const preceded = at === 0 || WHITE.includes(chars[at - 1] as string);
    const both = (): void => {
      found.flowIndicators = true;
      found.blockIndicators = true;
    };
    if (at === 0) {
      if ("#,[]{}&*!|>'\"%@`".includes(c)) both();
      if (c === "?" || c === ":") {
        found.flowIndicators = true;
        if (followed) found.blockIndicators = true;
      }
      if (c === "-" && followed) both();
    } else {
      if (",?[]{}".includes(c)) found.flowIndicators = true;
      if (c === ":") {
        found.flowIndicators = true;
        if (followed) found.blockIndicators = true;
      }
      if (c === "#" && preceded) both();
    }
    if (BREAKS.includes(c)) found.breaks = true;
    if (!isPrintable(c)) found.special = true;
  });
  return found;
}

function isPrintable(c: string): boolean {
  if (c === "\n" || (c >= " " && c <= "~")) return true;
  const code = c.codePointAt(0) as number;
  if (code === 0xfeff) return false;
  // libyaml escapes everything beyond the basic plane.
  return (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd);
}
