/** What task modules import as `tsrun/state`: the named queries. */
export { type GroupState, group } from "../state/group.ts";
