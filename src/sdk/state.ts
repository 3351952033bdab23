/** What task modules import as `tsrun/state`: the named queries. */
export { type GroupState, group } from "../state/group.ts";
export { type SshKeyState, sshKey } from "../state/ssh-key.ts";
export { type ShadowState, type UserState, user } from "../state/user.ts";
