import { EVENT_ID, type Event, SCALAR_STYLE, type ScalarEvent } from "js-yaml";
import { didYouMean } from "../lib/suggest.ts";
import { type ConstructedNode, type ConstructState, report } from "./construct-state.ts";
import { constructTaggedScalar, KNOWN_TAGS, shortTag } from "./explicit-tag.ts";
import { scalarText } from "./scalar-text.ts";

/** A scalar's value: what its tag asks for, else what it looks like. */
export function constructScalar(state: ConstructState, event: ScalarEvent): ConstructedNode {
  const text = scalarText(state.source.text, event);
  const start = scalarStart(state, event);
  const end = scalarEnd(state, event, start);
  const isPlain = event.style === SCALAR_STYLE.PLAIN;
  const node = (value: unknown, isMergeKey = false): ConstructedNode => {
    return { value, start, end, scalar: event, weight: 1, depth: 0, isMergeKey };
  };
  if (event.tagStart < 0) return isPlain ? node(state.resolve(text), text === "<<") : node(text);
  const tag = shortTag(state.source.text.slice(event.tagStart, event.tagEnd), state.handles);
  if (tag === "!!merge") return node(text, true);
  // PyYAML resolves the non-specific tag as if there were none.
  if (tag === "!" && isPlain) return node(state.resolve(text));
  const at = { source: state.source, start, end };
  const made = constructTaggedScalar(tag, text, at);
  if (made !== undefined && "value" in made) return node(made.value);
  if (made !== undefined) report(state, { code: "E_YAML_TAG", message: made.problem, at });
  else reportUnknownTag(state, event.tagStart, event.tagEnd, tag);
  return node(text);
}

export function reportUnknownTag(state: ConstructState, start: number, end: number, tag: string): void {
  report(state, {
    code: "E_YAML_TAG",
    message: KNOWN_TAGS.some((known) => known === tag)
      ? `tag \`${tag}\` does not fit its value`
      : `unknown tag \`${tag}\``,
    at: { source: state.source, start, end },
    hint: didYouMean(tag, KNOWN_TAGS) ?? `a value that starts with \`!\` must be quoted: "${tag}"`,
  });
}

/** Where a scalar begins: its tag or anchor, its quote, the `|` or `>` of its header. */
function scalarStart(state: ConstructState, event: ScalarEvent): number {
  const value = event.valueStart < 0 ? Infinity : valueStart(state, event);
  const tag = event.tagStart < 0 ? Infinity : event.tagStart;
  const anchor = event.anchorStart < 0 ? Infinity : event.anchorStart - 1;
  const start = Math.min(value, tag, anchor);
  return start === Infinity ? previousEnd(state) : start;
}

function valueStart(state: ConstructState, event: ScalarEvent): number {
  const start = event.valueStart;
  if (event.style === SCALAR_STYLE.PLAIN) return start;
  if (event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED) return start - 1;
  const { text } = state.source;
  const line = text.slice(Math.max(0, text.lastIndexOf("\n", start - 2)), start);
  // The header line may carry a comment.
  const header = /[|>][-+0-9]*[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)?$/.exec(line);
  return header ? start - header[0].length : start;
}

function scalarEnd(state: ConstructState, event: ScalarEvent, start: number): number {
  if (event.valueStart < 0) return Math.max(start, event.tagEnd, event.anchorEnd);
  if (event.style === SCALAR_STYLE.PLAIN) return event.valueEnd;
  if (event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED)
    return event.valueEnd + 1;
  // Blank lines after a block belong to it, and are nothing to point at.
  let end = event.valueEnd;
  while (end > start && /\s/.test(state.source.text[end - 1] as string)) end--;
  return end;
}

/** End of the text before an empty value: where the value would stand. */
export function previousEnd(state: ConstructState): number {
  for (let index = state.next - 2; index >= 0; index--) {
    const event = state.events[index] as Event;
    if (event.type === EVENT_ID.SCALAR && event.valueEnd >= 0) return event.valueEnd;
    if (event.type === EVENT_ID.ALIAS) return event.anchorEnd;
    if (event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING) return event.start;
  }
  return 0;
}
