/**
 * What a run tells its reports. Plain serialisable data: the same events feed the live view, the lines, `--output json` and a worker's parent.
 * The schema is versioned by `run_start.schema`; fields are only ever added. Documented in docs/events.md.
 */

import type { ProfileFigures } from "./task-profile.ts";

/** Outcome of one task on one host. `unknown`: check mode cannot tell before it is applied. */
export type TaskStatus = "ok" | "changed" | "skipped" | "failed" | "unreachable" | "unknown";

export interface TaskLabel {
  /** Unique in the run. */
  readonly id: string;
  /** As shown: the task's own name with its templates filled in, else the module's. */
  readonly name: string;
  readonly role?: string;
  readonly module: string;
  /** `file:line:column`. */
  readonly at: string;
  readonly isHandler: boolean;
}

/** The result as `register` sees it, already censored where `no_log` asks for it. */
export type ResultFields = Readonly<Record<string, unknown>>;

export interface DiffText {
  readonly before: string;
  readonly after: string;
  readonly beforeHeader: string;
  readonly afterHeader: string;
}

/** Counts of the recap, with Ansible's words. `unknown` appears under `--check` only. */
export interface HostRecap {
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
  readonly skipped: number;
  readonly rescued: number;
  readonly ignored: number;
  readonly unknown: number;
}

/** What is known of a failure beyond the module's own result. All text is plain and already censored. */
export interface FailureDetail {
  /** Stable code of docs/errors.md, when tsrun itself found the fault. */
  readonly code?: string;
  /** `file:line:column` of the cause, when it is more precise than the task. */
  readonly at?: string;
  /** The lines around the cause, as `codeFrame` draws them. */
  readonly frame?: string;
  /** One thing to do about it. */
  readonly hint?: string;
  /** The condition that made it a failure, and the values that it saw. */
  readonly because?: string;
}

export type RunEvent = { readonly time: string } & (
  | {
      readonly type: "run_start";
      readonly schema: 1;
      readonly run: string;
      readonly playbooks: readonly string[];
      readonly isCheck: boolean;
      readonly wantsDiff: boolean;
    }
  | {
      readonly type: "play_start";
      readonly play: string;
      readonly name: string;
      readonly hosts: readonly string[];
      readonly at: string;
    }
  /** A play whose pattern matched no host. */
  | { readonly type: "play_skipped"; readonly name: string; readonly reason: string }
  /** `hosts`: those that will run it. */
  | { readonly type: "task_start"; readonly play: string; readonly task: TaskLabel; readonly hosts: readonly string[] }
  | { readonly type: "host_start"; readonly task: string; readonly host: string }
  /** One item of a loop. */
  | {
      readonly type: "item_result";
      readonly task: string;
      readonly host: string;
      readonly delegatedTo?: string;
      readonly status: TaskStatus;
      readonly isIgnored: boolean;
      readonly item: string;
      readonly result: ResultFields;
      readonly diff?: readonly DiffText[];
      readonly error?: FailureDetail;
      readonly skippedBecause?: string;
    }
  /** A task on a host, after its loop. For a loop, `result.results` holds the items. */
  | {
      readonly type: "host_result";
      readonly task: string;
      readonly host: string;
      readonly delegatedTo?: string;
      readonly status: TaskStatus;
      readonly isIgnored: boolean;
      readonly isRescued: boolean;
      readonly isLoop: boolean;
      readonly result: ResultFields;
      readonly diff?: readonly DiffText[];
      /** Why `when` was false, with the values it saw. */
      readonly skippedBecause?: string;
      readonly error?: FailureDetail;
      readonly durationMs: number;
    }
  /** An `until` that was not true yet. */
  | {
      readonly type: "retry";
      readonly task: string;
      readonly host: string;
      readonly attempt: number;
      readonly left: number;
      readonly result: ResultFields;
    }
  | { readonly type: "included"; readonly file: string; readonly hosts: readonly string[]; readonly item?: string }
  | { readonly type: "task_end"; readonly task: string }
  | { readonly type: "play_end"; readonly play: string }
  /** Every host of the play has failed; what is left of it is not run. */
  | { readonly type: "no_hosts_left"; readonly play: string }
  /** What goes over the wire, for `-vvv` (3: connections and commands, 4: scripts and their output). Sent only when asked for. */
  | { readonly type: "trace"; readonly level: 3 | 4; readonly host: string; readonly text: string }
  /** Where the time of a task on a host went; only with `--profile`. */
  | ({ readonly type: "profile"; readonly task: string; readonly host: string } & ProfileFigures)
  | { readonly type: "warning"; readonly message: string; readonly at?: string; readonly hint?: string }
  | {
      readonly type: "run_end";
      readonly recap: Readonly<Record<string, HostRecap>>;
      readonly exitCode: number;
      readonly reason: "completed" | "interrupted" | "internal error";
      readonly durationMs: number;
    }
);

/** Receives every event of a run, in order. Must not throw. */
export type EventSink = (event: RunEvent) => void;
