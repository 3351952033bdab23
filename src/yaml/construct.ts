import { EVENT_ID, type Event, type MappingEvent, type ScalarEvent, type SequenceEvent } from "js-yaml";
import { TsrunError } from "../lib/errors.ts";
import type { SourceFile } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import { constructMapping } from "./construct-mapping.ts";
import { constructScalar, previousEnd, reportUnknownTag } from "./construct-scalar.ts";
import {
  atPop,
  CollectionExtent,
  type ConstructedNode,
  type ConstructState,
  isPlainMapping,
  MAX_ALIASED_VALUES,
  MAX_DEPTH,
  rangeAt,
  rangeOfNode,
  report,
  slotOf,
} from "./construct-state.ts";
import { shortTag } from "./explicit-tag.ts";
import { resolveJsonScalar, resolvePlainScalar } from "./plain-scalar.ts";
import { recordPosition, type SlotPosition } from "./positions.ts";
import { UnsafeText } from "./unsafe-text.ts";

/**
 * Values with positions from js-yaml's events. Not `constructFromEvents`, because duplicate keys and unknown tags must
 * all be reported, each with its place, and because aliases must not let a small file stand for a huge value.
 */
export function constructDocuments(
  events: readonly Event[],
  source: SourceFile,
  options: { readonly json: boolean },
): { readonly documents: unknown[]; readonly errors: readonly TsrunError[] } {
  const state: ConstructState = {
    events,
    source,
    next: 0,
    handles: new Map(),
    anchors: new Map(),
    open: new Set(),
    errors: [],
    resolve: options.json ? resolveJsonScalar : resolvePlainScalar,
    aliased: 0,
  };
  const documents: unknown[] = [];
  const slots = new Map<string | number, SlotPosition>();
  while (state.next < events.length) {
    const event = events[state.next++] as Event;
    if (event.type !== EVENT_ID.DOCUMENT) continue;
    state.anchors.clear();
    state.handles = new Map([["!!", "tag:yaml.org,2002:"]]);
    for (const directive of event.directives) {
      if (directive.kind === "tag") state.handles.set(directive.handle, directive.prefix);
    }
    const node = constructNode(state);
    slots.set(documents.length, { keyStart: node.start, keyEnd: node.start, ...slotOf(node) });
    documents.push(node.value);
    state.next++;
  }
  recordPosition(documents, { source, start: 0, end: source.text.length, slots });
  return { documents, errors: state.errors };
}

function constructNode(state: ConstructState): ConstructedNode {
  const event = state.events[state.next++] as Event;
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return withAnchor(state, event, constructScalar(state, event));
    case EVENT_ID.ALIAS:
      return constructAlias(state, event.anchorStart, event.anchorEnd);
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING:
      return constructCollection(state, event);
    case EVENT_ID.DOCUMENT:
    case EVENT_ID.POP:
      throw new TsrunError({
        code: "E_YAML_SYNTAX",
        message: "expected a value",
        at: rangeAt(state, previousEnd(state)),
      });
  }
}

function constructCollection(state: ConstructState, event: SequenceEvent | MappingEvent): ConstructedNode {
  const anchor = anchorOf(state, event);
  if (anchor !== undefined) state.open.add(anchor);
  const node =
    event.type === EVENT_ID.SEQUENCE
      ? constructSequence(state, event)
      : constructMapping(state, event, () => constructNode(state));
  if (anchor !== undefined) state.open.delete(anchor);
  if (node.depth > MAX_DEPTH) {
    throw new TsrunError({
      code: "E_YAML_TOO_DEEP",
      message: `expected at most ${MAX_DEPTH} levels of nesting, got more`,
      at: rangeAt(state, node.start),
    });
  }
  const tagged = applyCollectionTag(state, event, node);
  return withAnchor(state, event, tagged);
}

function constructAlias(state: ConstructState, anchorStart: number, anchorEnd: number): ConstructedNode {
  const name = state.source.text.slice(anchorStart, anchorEnd);
  const extent = { start: anchorStart - 1, end: anchorEnd };
  const target = state.anchors.get(name);
  if (target === undefined || state.open.has(name)) {
    const isCircle = state.open.has(name);
    report(state, {
      code: "E_YAML_ALIAS",
      message: isCircle ? `alias \`*${name}\` stands inside its own anchor` : `unknown alias \`*${name}\``,
      at: rangeOfNode(state, extent),
      hint: isCircle
        ? undefined
        : (didYouMean(name, state.anchors.keys()) ?? `a value that starts with \`*\` must be quoted: "*${name}"`),
    });
    return { ...extent, value: null, weight: 1, depth: 0 };
  }
  state.aliased += target.weight;
  if (state.aliased > MAX_ALIASED_VALUES) {
    throw new TsrunError({
      code: "E_YAML_TOO_BIG",
      message: `aliases make this document stand for more than ${MAX_ALIASED_VALUES} values`,
      at: rangeOfNode(state, extent),
    });
  }
  return { ...extent, value: target.value, weight: target.weight, depth: target.depth, scalar: target.scalar };
}

function constructSequence(state: ConstructState, event: SequenceEvent): ConstructedNode {
  const value: unknown[] = [];
  const slots = new Map<string | number, SlotPosition>();
  const extent = new CollectionExtent(state, event);
  while (!atPop(state)) {
    const item = constructNode(state);
    slots.set(value.length, { keyStart: item.start, keyEnd: item.start, ...slotOf(item) });
    value.push(item.value);
    extent.include(item);
  }
  return extent.finish(value, slots);
}

function withAnchor(
  state: ConstructState,
  event: ScalarEvent | SequenceEvent | MappingEvent,
  node: ConstructedNode,
): ConstructedNode {
  const anchor = anchorOf(state, event);
  if (anchor !== undefined) state.anchors.set(anchor, node);
  return node;
}

function anchorOf(state: ConstructState, event: { anchorStart: number; anchorEnd: number }): string | undefined {
  return event.anchorStart < 0 ? undefined : state.source.text.slice(event.anchorStart, event.anchorEnd);
}

function applyCollectionTag(
  state: ConstructState,
  event: SequenceEvent | MappingEvent,
  node: ConstructedNode,
): ConstructedNode {
  if (event.tagStart < 0) return node;
  const tag = shortTag(state.source.text.slice(event.tagStart, event.tagEnd), state.handles);
  const isSequence = event.type === EVENT_ID.SEQUENCE;
  switch (tag) {
    case "!":
    case "!!omap":
    case "!!pairs":
      return node;
    case "!!seq":
    case "!!map":
      if (isSequence === (tag === "!!seq")) return node;
      break;
    case "!!set":
      return isSequence ? node : { ...node, value: Object.keys(node.value as object) };
    case "!unsafe":
      markUnsafe(node.value);
      return node;
    default:
  }
  reportUnknownTag(state, event.tagStart, event.tagEnd, tag);
  return node;
}

/** `!unsafe` on a collection covers all text in it. */
function markUnsafe(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const container = value as Record<string, unknown>;
  for (const key of Object.keys(container)) {
    const item = container[key];
    if (typeof item === "string") container[key] = new UnsafeText(item);
    else if (Array.isArray(item) || isPlainMapping(item)) markUnsafe(item);
  }
}
