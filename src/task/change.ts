import type { Query } from "./query.ts";
import { type Sh, shText } from "./sh.ts";

/** Bytes for a file on the host: in memory, or a file of the controller that is streamed. */
export type Content = Uint8Array | { readonly localPath: string; readonly size: number; readonly sha256: string };

/** Writes a whole file atomically: temp file in the same directory, owner and mode set before the rename, checked by sha256. */
export interface WriteFile {
  readonly path: string;
  readonly content: Content;
  /** As chmod takes it: octal digits or symbolic. Existing files keep theirs when it is not given; new ones get 0666 less the umask. */
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly backup?: boolean | undefined;
  /** Command that checks the temp file before the rename; `%s` is its path. */
  readonly validate?: string | undefined;
  /** Rewrite in place when a rename is not possible. */
  readonly unsafeWrites?: boolean | undefined;
}

/** A command of an apply, with what a plain `sh` piece cannot say. */
export interface Command {
  readonly script: Sh;
  readonly stdin?: Uint8Array | undefined;
  readonly timeoutMs?: number | undefined;
  /** Package operations: never killed half-way, neither by Ctrl-C nor by a lost connection. */
  readonly protect?: boolean | undefined;
}

export type Step =
  | { readonly type: "command"; readonly command: Command }
  | { readonly type: "write"; readonly file: WriteFile };

/** What `--diff` prints. Headers default to the query's name. */
export interface Diff {
  readonly before: string;
  readonly after: string;
  readonly beforeHeader?: string;
  readonly afterHeader?: string;
}

/** Stands for a value that only the real run can tell. */
export const unknown: unique symbol = Symbol("unknown until applied");
export type Unknown = typeof unknown;

/** Members of a state that a change sets. Undefined members are left for the host to choose. */
export type Predicted<T> = { readonly [Member in keyof NonNullable<T>]?: NonNullable<T>[Member] | Unknown | undefined };

/** One difference between what is and what should be, and the steps that remove it. */
export interface Change {
  readonly action: "create" | "change" | "remove";
  readonly query: Query<unknown>;
  /** What the query will answer afterwards: whole for create, the changed members for change, `unknown` where it cannot be told. */
  readonly after: unknown;
  readonly steps: readonly Step[];
  readonly diff?: Diff | readonly Diff[] | undefined;
  /** State that may appear or alter besides the query's own: whole kinds (a package brings files, units, users) or single pieces. */
  readonly mayAlter?: readonly (string | Query<unknown>)[] | undefined;
  /**
   * Something that happens, not a state that lasts (a restart, a reload): `plan` asks for it each time, so verification passes over it.
   * What must hold afterwards (the unit runs) is a change of its own when it does not hold.
   */
  readonly isEvent?: boolean | undefined;
  /** Done on the way to another change and no change of its own in the recap: package lists fetched before an install. */
  readonly isQuiet?: boolean | undefined;
}

export interface ChangeOptions {
  readonly diff?: Diff | readonly Diff[] | undefined;
  readonly mayAlter?: readonly (string | Query<unknown>)[] | undefined;
  readonly isEvent?: boolean | undefined;
  readonly isQuiet?: boolean | undefined;
}

type StepInput = Sh | Step | false | undefined;

/** The queried thing does not exist yet and the steps make it. */
export function create<T>(
  query: Query<T>,
  after: Predicted<T> | Unknown,
  steps: StepInput | readonly StepInput[],
  options: ChangeOptions = {},
): Change {
  return { action: "create", query, after, steps: toSteps(steps), ...options };
}

/** The queried thing exists; `after` names the members that alter. */
export function change<T>(
  query: Query<T>,
  after: Predicted<T> | Unknown,
  steps: StepInput | readonly StepInput[],
  options: ChangeOptions = {},
): Change {
  return { action: "change", query, after, steps: toSteps(steps), ...options };
}

/** The queried thing exists and the steps take it away. */
export function remove<T>(
  query: Query<T>,
  steps: StepInput | readonly StepInput[],
  options: ChangeOptions = {},
): Change {
  return { action: "remove", query, after: undefined, steps: toSteps(steps), ...options };
}

/** A step that writes a whole file. */
export function writeFile(file: WriteFile): Step {
  return { type: "write", file };
}

/** A step that runs a command with its own input, deadline or protection. */
export function runCommand(script: Sh, options: Omit<Command, "script"> = {}): Step {
  shText(script);
  return { type: "command", command: { script, ...options } };
}

function toSteps(input: StepInput | readonly StepInput[]): readonly Step[] {
  const list = Array.isArray(input) ? (input as readonly StepInput[]) : [input as StepInput];
  return list.flatMap((step) => {
    if (!step) return [];
    return "type" in step ? [step] : [runCommand(step)];
  });
}
