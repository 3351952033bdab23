import {
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  type MappingEvent,
  type ScalarEvent,
  type SequenceEvent,
} from "js-yaml";
import { type ErrorDetails, TsrunError, TsrunErrors } from "../lib/errors.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import { recordPosition, type SlotPosition } from "./positions.ts";

/** Most values a document may stand for once its aliases are followed: an ordinary inventory has some thousands. */
export const MAX_ALIASED_VALUES = 1_000_000;
/** Deepest nesting once aliases are followed. */
export const MAX_DEPTH = 200;
/** A person fixes some and tries again; more than that is a file of another kind. */
const MAX_ERRORS = 50;

export interface ConstructState {
  readonly events: readonly Event[];
  readonly source: SourceFile;
  next: number;
  handles: Map<string, string>;
  readonly anchors: Map<string, ConstructedNode>;
  /** Anchors whose collection is still being read: an alias to one of them would be a circle. */
  readonly open: Set<string>;
  readonly errors: TsrunError[];
  readonly resolve: (text: string) => unknown;
  aliased: number;
}

export interface ConstructedNode {
  readonly value: unknown;
  /** Extent of the text, tag and anchor included. */
  readonly start: number;
  readonly end: number;
  readonly scalar?: ScalarEvent | undefined;
  /** Values that this one stands for, aliases followed. */
  readonly weight: number;
  readonly depth: number;
  readonly isMergeKey?: boolean;
}

export function slotOf(node: ConstructedNode): { start: number; end: number; scalar?: ScalarEvent | undefined } {
  return { start: node.start, end: node.end, scalar: node.scalar };
}

/** Collects a collection's extent, weight and depth while its children are read. */
export class CollectionExtent {
  readonly #state: ConstructState;
  readonly #event: SequenceEvent | MappingEvent;
  readonly #start: number;
  #end: number;
  #weight = 1;
  #depth = 0;

  constructor(state: ConstructState, event: SequenceEvent | MappingEvent) {
    this.#state = state;
    this.#event = event;
    this.#start = event.start;
    this.#end = event.style === COLLECTION_STYLE.FLOW ? event.start + 1 : event.start;
  }

  include(child: ConstructedNode): void {
    this.#end = Math.max(this.#end, child.end);
    this.#weight += child.weight;
    this.#depth = Math.max(this.#depth, child.depth);
  }

  finish(value: object, slots: Map<string | number, SlotPosition>): ConstructedNode {
    this.#state.next++;
    const { source } = this.#state;
    if (this.#event.style === COLLECTION_STYLE.FLOW) {
      FLOW_END.lastIndex = this.#end;
      const closing = FLOW_END.exec(source.text);
      if (closing) this.#end += closing[0].length;
    }
    const node = { value, start: this.#start, end: this.#end, weight: this.#weight, depth: this.#depth + 1 };
    recordPosition(value, { source, start: node.start, end: node.end, slots });
    return node;
  }
}

const FLOW_END = /(?:[\s,:?]|#[^\r\n]*)*[\]}]/y;

export function atPop(state: ConstructState): boolean {
  return (state.events[state.next] as Event).type === EVENT_ID.POP;
}

export function isPlainMapping(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

export function report(state: ConstructState, details: ErrorDetails): void {
  state.errors.push(new TsrunError(details));
  if (state.errors.length >= MAX_ERRORS) throw new TsrunErrors(state.errors);
}

export function rangeAt(state: ConstructState, offset: number): SourceRange {
  return { source: state.source, start: offset, end: Math.min(offset + 1, state.source.text.length) };
}

export function rangeOfNode(state: ConstructState, node: { start: number; end: number }): SourceRange {
  return { source: state.source, start: node.start, end: node.end };
}
