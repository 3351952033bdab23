import { messageOf } from "../lib/errors.ts";
import { formatLocation, positionAt, type SourceRange } from "../lib/source.ts";
import type { ExpandedPlay, Frame } from "../project/expanded.ts";
import type { Project } from "../project/project.ts";
import { finalize, type VarScope } from "../vars/scope.ts";
import { rangeOfKey } from "../yaml/positions.ts";
import { HostRun } from "./host-run.ts";
import { keyword, text } from "./keywords.ts";
import { varsFiles } from "./play-vars.ts";
import { Variables } from "./variables.ts";

/** One source that sets a variable. */
export interface ExplainedLayer {
  /** `group_vars/web.yaml`, `role defaults nginx`, `extra vars`. */
  readonly layer: string;
  /** `file:line`, where the source has such a place. */
  readonly at?: string | undefined;
  /** As it stands there, templates unevaluated. */
  readonly written: unknown;
}

export interface ExplainedVariable {
  readonly name: string;
  /** Its value for the host; undefined when it has none because of {@link error}. */
  readonly value?: unknown;
  readonly error?: string | undefined;
  /** Strongest first: the first one won. */
  readonly layers: readonly ExplainedLayer[];
}

/** The variables of a host, in one play or outside of any. */
export interface ExplainedScope {
  readonly play?: { readonly name: string; readonly at: string } | undefined;
  readonly variables: readonly ExplainedVariable[];
}

export interface ExplainQuery {
  readonly host: string;
  /** Empty: all that somebody sets; tsrun's own (`groups`, `hostvars`, …) only by name. */
  readonly names: readonly string[];
  /** Playbooks whose plays bring in their own variables and those of their roles. */
  readonly playbooks: readonly string[];
}

/** Every source that sets a host's variables, without touching the host: facts and what tasks set are not known. */
export function explainVariables(project: Project, query: ExplainQuery): readonly ExplainedScope[] {
  const host = new HostRun(query.host);
  const hosts = new Map([[host.name, host]]);
  const variables: Variables = new Variables({
    project,
    isCheck: false,
    wantsDiff: false,
    host: (name) => {
      const known = hosts.get(name) ?? new HostRun(name);
      hosts.set(name, known);
      return known;
    },
  });
  if (query.playbooks.length === 0) return [{ variables: explainAll(variables.hostScope(host), query.names) }];
  return project
    .playbooks(query.playbooks)
    .flatMap(({ plays }) => plays)
    .flatMap((play) => {
      const scope = playScope(project, variables, host, play);
      if (scope === undefined) return [];
      const name = text(project.playScope(play), play.frame, "name") ?? play.path;
      return [{ play: { name, at: formatLocation(play.at) }, variables: explainAll(scope, query.names) }];
    });
}

/** The variables that a play's tasks see on a host, those of the tasks themselves aside; undefined when the host is not in it. */
function playScope(project: Project, variables: Variables, host: HostRun, play: ExpandedPlay): VarScope | undefined {
  const pattern = keyword(project.playScope(play), play.frame, "hosts");
  const hosts = project.match((Array.isArray(pattern) ? pattern : [pattern]).map(String).join(","));
  if (!hosts.includes(host.name)) return undefined;
  const layers = varsFiles({ project, variables }, play, host);
  const all = (): readonly string[] => hosts;
  // As seen from a task: what the play's roles bring is in sight.
  const frame: Frame = { ...play.frame, level: "task", parent: play.frame, raw: {}, vars: undefined, params: [] };
  return variables.scope(host, frame, {
    play,
    name: "",
    allHosts: all,
    activeHosts: all,
    isActive: () => true,
    layersFor: () => layers,
  });
}

function explainAll(scope: VarScope, names: readonly string[]): readonly ExplainedVariable[] {
  const wanted = names.length > 0 ? names : [...scope.names()].filter((name) => isSetBySomebody(scope, name)).sort();
  return wanted.map((name) => {
    const layers = scope.layersOf(name).map(({ name: layer, values }): ExplainedLayer => {
      const at = rangeOfKey(values, name);
      return { layer, at: at && lineOf(at), written: values[name] };
    });
    try {
      return { name, value: finalize(scope.get(name)), layers };
    } catch (error) {
      return { name, error: messageOf(error), layers };
    }
  });
}

function isSetBySomebody(scope: VarScope, name: string): boolean {
  return scope.layersOf(name).some(({ name: layer }) => layer !== "magic");
}

function lineOf(at: SourceRange): string {
  return `${at.source.path}:${positionAt(at.source, at.start).line}`;
}
