import type { VarsLayer } from "../vars/layer.ts";
import type { ExpandedPlay, Frame, Role } from "./expanded.ts";

/** Variables that a task gets from where it stands, strongest first, in three strengths of Ansible's order of precedence. */
export interface FrameLayers {
  /** Parameters of includes and roles: above facts that were set. */
  readonly params: readonly VarsLayer[];
  /** `vars:` of the task, its blocks and its role: above the play's. */
  readonly vars: readonly VarsLayer[];
  /** Role defaults: below everything. */
  readonly defaults: readonly VarsLayer[];
}

type RolesOfPlay = Pick<ExpandedPlay, "roles" | "hasPrivateRoles">;

interface Known {
  readonly play: RolesOfPlay;
  readonly layers: FrameLayers;
}

const layersOfFrame = new WeakMap<Frame, Known>();

/** The layers of a frame. `play`: roles of the play, whose variables and defaults all its tasks see. */
export function frameLayers(frame: Frame, play: RolesOfPlay): FrameLayers {
  const known = layersOfFrame.get(frame);
  // While a play is being put together not all of its roles are known yet: what was found then does not hold later.
  if (known?.play === play) return known.layers;
  const params: VarsLayer[] = [];
  const vars: VarsLayer[] = [];
  const entries: VarsLayer[] = [];
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    params.push(...at.params);
    if (at.vars && at.level === "role") entries.push(at.vars);
    else if (at.vars && at.level !== "play") vars.push(at.vars);
  }
  const roles = rolesInSight(frame, play.roles);
  const [own, ...others] = (play.hasPrivateRoles ? rolesInSight(frame, []) : roles).map((role) => role.vars);
  const layers = {
    params,
    // As in Ansible, `vars:` of a role's entry are weaker than the role's own `vars/`.
    vars: [...vars, ...(own ? [own] : []), ...entries, ...others],
    defaults: roles.map((role) => role.defaults),
  };
  layersOfFrame.set(frame, { play, layers });
  return layers;
}

/** Roles whose variables a task sees, strongest first: its own, those that included it, its dependencies, the play's others. */
function rolesInSight(frame: Frame, playRoles: readonly Role[]): readonly Role[] {
  const own = frame.role ? [frame.role, ...frame.parentRoles, ...frame.role.dependencies.toReversed()] : [];
  return [...new Set([...own, ...playRoles.toReversed()])];
}
