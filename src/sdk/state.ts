/** What task modules import as `tsrun/state`: the named queries. */

export { type Alternative, type AlternativesState, alternatives } from "../state/alternatives.ts";
export {
  aptArchives,
  aptCache,
  aptPolicy,
  aptSimulation,
  availablePackages,
  debFile,
  installedProviders,
  type PolicyState,
} from "../state/apt.ts";
export { aptUpdate } from "../state/apt-command.ts";
export { observeApt } from "../state/apt-observe.ts";
export { cacheResult, planApt } from "../state/apt-plan.ts";
export { type AptRequest, aptArgs, parseSpec } from "../state/apt-request.ts";
export { type AptSources, addSource, aptSources, removeSource } from "../state/apt-sources.ts";
export { type AuthorizedKey, editAuthorizedKeys, parseAuthorizedKey } from "../state/authorized-keys.ts";
export { clock } from "../state/clock.ts";
export { crontab } from "../state/crontab.ts";
export { type DebconfAnswers, debconfAnswers } from "../state/debconf.ts";
export { compareDebianVersions } from "../state/debian-version.ts";
export { directoryFiles } from "../state/directory-files.ts";
export { type DiversionState, diversion } from "../state/diversion.ts";
export { type Download, downloadStep, fetchFile, previousOf } from "../state/download.ts";
export { ensureBlock } from "../state/edit-block.ts";
export { type CronEntry, cronNames, editCrontab } from "../state/edit-crontab.ts";
export { escapeFstab, type FstabEntry, removeFstabEntry, setFstabEntry } from "../state/edit-fstab.ts";
export { editIni } from "../state/edit-ini.ts";
export {
  editKnownHosts,
  hashKnownHost,
  type KnownHost,
  matchesKnownHost,
  newHashSalt,
  parseKnownHost,
} from "../state/edit-known-hosts.ts";
export { ensureLine, removeLines, splitLines } from "../state/edit-line.ts";
export { replaceAll } from "../state/edit-replace.ts";
export { type ObservedText, observeText, planText, type TextEdit, textOf } from "../state/edit-text.ts";
export { effectiveUid } from "../state/effective-user.ts";
export { expandedPath } from "../state/expanded-path.ts";
export { defaultFactPath, type Facts, facts } from "../state/facts.ts";
export { type FileState, type FileType, file } from "../state/file.ts";
export {
  type AttributePlan,
  type AttributeState,
  describeAttributes,
  fileAttributeArgs,
  fileResult,
  fileReturns,
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
export { type AttributeFlags, fileFlags, fileMime, type MimeState } from "../state/file-details.ts";
export { linkSource, planHardLink, planLink } from "../state/file-link.ts";
export { chmodWord, newDirectoryMode, newFileMode, resolveMode } from "../state/file-mode.ts";
export { isTime, planTimes } from "../state/file-times.ts";
export { fileTree, fileTreeOf, planTreeAttributes, type TreeEntry } from "../state/file-tree.ts";
export { type CheckoutState, checkout, gitEnvironment, type RemoteVersion, remoteVersion } from "../state/git.ts";
export { type GroupState, group } from "../state/group.ts";
export type { HostArchive } from "../state/host-archive.ts";
export { type HostCopy, hostCopy } from "../state/host-copy.ts";
export { directoryOf, joinPath, nameOf, plainPath } from "../state/host-path.ts";
export { type HostnameState, hostname } from "../state/hostname.ts";
export { type InitScriptState, initScript } from "../state/init-script.ts";
export { kernelModule } from "../state/kernel-module.ts";
export { kernelSetting } from "../state/kernel-setting.ts";
export { followLocal, type LocalItem, readLocalTree } from "../state/local-tree.ts";
export { localeName, locales } from "../state/locales.ts";
export { ancestorsOf, observeDirectory, observedDirectory, planDirectory } from "../state/make-directory.ts";
export { type MountState, mounted } from "../state/mounts.ts";
export { contentOf, contentOfLocal, contentText, type NewContent } from "../state/new-content.ts";
export {
  dpkgInterrupted,
  isInstalled,
  matchingPackages,
  type PackageState,
  packageManager,
  packageState,
} from "../state/package.ts";
export { pathMatch } from "../state/path-match.ts";
export {
  contentDiff,
  observePlace,
  type Place,
  type PlaceQueries,
  planAttributeChange,
  planPlace,
  predictContent,
  requireDirectory,
} from "../state/place-file.ts";
export { alreadyDone, type RunOnceArgs, runOnceQueries, wouldRun } from "../state/run-once.ts";
export { type SshKeyState, sshKey } from "../state/ssh-key.ts";
export { statFields } from "../state/stat-fields.ts";
export { timestamp } from "../state/timestamp.ts";
export { type TimezoneState, timezone } from "../state/timezone.ts";
export { treeDifference } from "../state/tree-difference.ts";
export { type UnitScope, type UnitState, unit } from "../state/unit.ts";
export { type UnitManagerState, unitManager } from "../state/unit-manager.ts";
export { planUnit, reloadManager, type UnitWish, unitResult, unitToBe } from "../state/unit-plan.ts";
export { startAndSettle } from "../state/unit-start.ts";
export { type LocalArchive, readArchive, selectEntries } from "../state/unpack.ts";
export { type Member, observeEntries, planEntries } from "../state/unpack-entries.ts";
export { type Origin, observeHost, planHost } from "../state/unpack-on-host.ts";
export { type ShadowState, type UserState, user } from "../state/user.ts";
export { type Wait, waitScript } from "../state/wait-script.ts";
