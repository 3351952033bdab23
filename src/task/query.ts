import { decodeBytes } from "../lib/bytes.ts";
import type { Sh } from "./sh.ts";

/** What a host answered to one script. */
export interface QueryOutput {
  readonly rc: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** Text of an answer whose script ends with 0 whenever it could look; anything else is no answer and throws. */
export function answerText(output: QueryOutput): string {
  if (output.rc === 0) return decodeBytes(output.stdout);
  throw new Error(decodeBytes(output.stderr).trim() || `the script ended with ${output.rc}`);
}

/** A kind of state, without the type of its keys and answers: what the host needs to ask many at once. */
export interface QueryKind {
  readonly name: string;
  readonly freshMs: number;
  readonly isCostly: boolean;
  script(keys: readonly unknown[]): Sh;
  parse(output: QueryOutput, keys: readonly unknown[]): readonly unknown[];
}

/** A named piece of a host's state: "the group `www-data`", "the file `/etc/hosts`". Answers have the type T. */
export interface Query<out T> {
  readonly kind: QueryKind;
  readonly key: unknown;
  /** Equal queries have equal ids: kind and key as JSON. */
  readonly id: string;
  /** Carries the type; never set. */
  readonly answer?: T;
}

export interface QueryDefinition<Key, T> {
  /** The field's own word: `group`, `file`, `unit`. */
  readonly name: string;
  /** One script that reads all keys, starting as few processes as possible. Must not change the host. */
  readonly script: (keys: readonly Key[]) => Sh;
  /** One answer a key, in the order of the keys. Throws when the output is no answer. */
  readonly parse: (output: QueryOutput, keys: readonly Key[]) => readonly T[];
  /** How long an answer may be used at the same epoch, in milliseconds. A minute: others may write to the host too. */
  readonly freshMs?: number;
  /** Hashing big files, walking trees: never read ahead. */
  readonly isCostly?: boolean;
}

/**
 * Defines a kind of state and returns the function that names one piece of it.
 *
 *     export const group = defineQuery<string, GroupState | undefined>({ name: "group", script, parse });
 *     group("www-data")   // Query<GroupState | undefined>
 */
export function defineQuery<Key, T>(definition: QueryDefinition<Key, T>): ((key: Key) => Query<T>) & { kind: string } {
  const kind: QueryKind = {
    name: definition.name,
    freshMs: definition.freshMs ?? 60_000,
    isCostly: definition.isCostly ?? false,
    script: (keys) => definition.script(keys as readonly Key[]),
    parse: (output, keys) => definition.parse(output, keys as readonly Key[]),
  };
  const make = (key: Key): Query<T> => ({ kind, key, id: `${definition.name} ${JSON.stringify(key)}` });
  return Object.assign(make, { kind: definition.name });
}
