/** What task modules import as `tsrun/state`: the named queries. */
export { type FileState, type FileType, file } from "../state/file.ts";
export {
  type AttributePlan,
  type AttributeState,
  describeAttributes,
  fileAttributeArgs,
  fileResult,
  newAttributes,
  ownerWord,
  planAttributes,
  resultState,
  type WantedAttributes,
} from "../state/file-attributes.ts";
export {
  bigFileChecksum,
  type ChecksumAlgorithm,
  checksumOf,
  type FileChecksumKey,
  fileChecksum,
  smallFileBytes,
} from "../state/file-checksum.ts";
export { type FileContent, fileContent, readableFileBytes } from "../state/file-content.ts";
export { chmodWord, newDirectoryMode, newFileMode, resolveMode } from "../state/file-mode.ts";
export { type GroupState, group } from "../state/group.ts";
export { type SshKeyState, sshKey } from "../state/ssh-key.ts";
export { type ShadowState, type UserState, user } from "../state/user.ts";
