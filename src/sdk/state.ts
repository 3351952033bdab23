/** What task modules import as `tsrun/state`: the named queries, and what several modules plan from their answers. */

export { type AclKey, aclDifference, aclEntries, aclTreeDifference, aclWords } from "../state/acl.ts";
export { pgIdentifier, pgLiteral } from "../lib/postgresql-text.ts";
export { mysqlIdentifier, mysqlLiteral } from "../lib/mysql-text.ts";
export { postgresqlStatements } from "../lib/postgresql-statements.ts";
export { dearmor, type OpenPgpKey, readKeys } from "../lib/openpgp.ts";
export { type Alternative, type AlternativesState, alternatives } from "../state/alternatives.ts";
export { type ApacheModulesState, apacheModules } from "../state/apache-modules.ts";
export { type AptSources, aptSources } from "../state/apt-sources.ts";
export { refusePlantedLink } from "../plan/planted-link.ts";
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
export { clock } from "../state/clock.ts";
export { crontab } from "../state/crontab.ts";
export { type DebconfAnswers, debconfAnswers } from "../state/debconf.ts";
export { compareDebianVersions } from "../state/debian-version.ts";
export { directoryFiles } from "../state/directory-files.ts";
export { type DiversionState, diversion } from "../state/diversion.ts";
export { type DockerArchive, dockerArchive } from "../state/docker-archive.ts";
export { type CredentialKey, type DockerCredential, dockerCredential } from "../state/docker-credential.ts";
export { dockerDeath } from "../state/docker-death.ts";
export { isImageId, joinImage, plainImageName, splitImage } from "../state/docker-names.ts";
export {
  dockerCli,
  dockerContainer,
  type DockerEngine,
  dockerImage,
  dockerNetwork,
  type DockerObject,
  type DockerRequest,
  dockerVolume,
  encodeName,
} from "../state/docker.ts";
export { effectiveUid } from "../state/effective-user.ts";
export { expandedPath } from "../state/expanded-path.ts";
export { defaultFactPath, type Facts, facts } from "../state/facts.ts";
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
export { fileTree, fileTreeOf, type TreeEntry } from "../state/file-tree.ts";
export { type FileState, type FileType, file } from "../state/file.ts";
export { gitArchive } from "../state/git-archive.ts";
export { gitSignature } from "../state/git-signature.ts";
export { missingSubmodules, outdatedSubmodules } from "../state/git-submodules.ts";
export {
  checkout,
  remoteRefs,
  remoteVersion,
} from "../state/git.ts";
export { type GroupState, group, localGroup } from "../state/group.ts";
export type { HostArchive } from "../state/host-archive.ts";
export { directoryOf, joinPath, nameOf, plainPath } from "../state/host-path.ts";
export { type HostnameState, hostname } from "../state/hostname.ts";
export { type InitScriptState, initScript } from "../state/init-script.ts";
export { type ChainKey, type ChainState, iptablesChain, iptablesRule, type RuleKey } from "../state/iptables.ts";
export { kernelModule } from "../state/kernel-module.ts";
export { kernelSetting } from "../state/kernel-setting.ts";
export { localeName, locales } from "../state/locales.ts";
export {
  type ManagedPackageKey,
  type ManagedPackageState,
  type Manager,
  managedPackage,
  packageSimulation,
  rpmManager,
  type SimulationKey,
} from "../state/managed-package.ts";
export { rpmList, type RpmListItem } from "../state/rpm-list.ts";
export { type MountState, mounted } from "../state/mounts.ts";
export {
  dpkgInterrupted,
  isInstalled,
  matchingPackages,
  type PackageState,
  packageManager,
  packageState,
} from "../state/package.ts";
export { mysqlDatabase, type MysqlDatabase } from "../state/mysql-database.ts";
export { mysqlHosts, type MysqlUser, mysqlUser } from "../state/mysql-user.ts";
export { type MysqlConnection, mysqlScript, withMysql } from "../state/mysql.ts";
export { pathMatch } from "../state/path-match.ts";
export { canonicalName, type PipKey, type PipState, pipState } from "../state/pip.ts";
export { postgresqlDatabase, type PostgresqlDatabase } from "../state/postgresql-database.ts";
export { postgresqlExtension, type PostgresqlExtension } from "../state/postgresql-extension.ts";
export {
  type DefaultGrants,
  type Grant,
  type Grantable,
  type GrantableType,
  grantableTypes,
  postgresqlDefaultGrants,
  postgresqlPrivileges,
} from "../state/postgresql-privileges.ts";
export {
  postgresqlPassword,
  type PostgresqlRole,
  postgresqlRole,
  postgresqlTime,
  type RoleFlag,
} from "../state/postgresql-role.ts";
export { conninfo, type PostgresqlConnection, psql, withLibpq } from "../state/postgresql.ts";
export { program } from "../state/program.ts";
export { comparePythonVersions, isPythonVersionIn } from "../state/python-version.ts";
export { type SshKeyState, sshKey } from "../state/ssh-key.ts";
export { selinuxEnabled } from "../state/selinux.ts";
export { statFields } from "../state/stat-fields.ts";
export { timestamp } from "../state/timestamp.ts";
export { type TimezoneState, timezone } from "../state/timezone.ts";
export { treeDifference } from "../state/tree-difference.ts";
export { ufwRuleDifference, type UfwState, ufwState } from "../state/ufw.ts";
export { unitDeath } from "../state/unit-death.ts";
export { urlContent } from "../state/url-content.ts";
export { isUnreached, type Unreached } from "../state/unreached.ts";
export { type UnitManagerState, unitManager } from "../state/unit-manager.ts";
export { type UnitScope, type UnitState, unit } from "../state/unit.ts";
export { localUser, type ShadowState, type UserState, user } from "../state/user.ts";

export { aptUpdate } from "../plan/apt-command.ts";
export { observeApt } from "../plan/apt-observe.ts";
export { cacheResult, planApt } from "../plan/apt-plan.ts";
export { type AptRequest, aptArgs, combineApt, parseSpec } from "../plan/apt-request.ts";
export {
  answered,
  dockerArgs,
  dockerDiff,
  dockerEngine,
  dockerMissing,
  dockerTexts,
  refuseDockerName,
} from "../plan/docker-args.ts";
export { buildStep, dockerBuildArgs, isBuildDirectory } from "../plan/docker-build.ts";
export { dockerContainerArgs } from "../plan/docker-container-args.ts";
export { missingNetwork, planContainer } from "../plan/docker-container-plan.ts";
export { withDefaults } from "../plan/docker-container-settings.ts";
export { dockerCalls, dockerStep, inTurn as dockerInTurn } from "../plan/docker-step.ts";
export { pullStep, wholeImageName } from "../plan/docker-pull.ts";
export { defineFileTask } from "../plan/define-file-task.ts";
export { type Download, downloadStep, fetchFile, previousOf } from "../plan/download.ts";
export { addSource, removeSource } from "../plan/edit-apt-sources.ts";
export { type AuthorizedKey, editAuthorizedKeys, parseAuthorizedKey } from "../plan/edit-authorized-keys.ts";
export { ensureBlock } from "../plan/edit-block.ts";
export { type CronEntry, cronNames, editCrontab } from "../plan/edit-crontab.ts";
export { escapeFstab, type FstabEntry, removeFstabEntry, setFstabEntry } from "../plan/edit-fstab.ts";
export { editIni } from "../plan/edit-ini.ts";
export { editLoadFiles, editOptionsFiles, type FileTexts } from "../plan/edit-module-files.ts";
export {
  editKnownHosts,
  hashKnownHost,
  type KnownHost,
  matchesKnownHost,
  newHashSalt,
  parseKnownHost,
} from "../plan/edit-known-hosts.ts";
export { ensureLine, removeLines, splitLines } from "../plan/edit-line.ts";
export { replaceAll } from "../plan/edit-replace.ts";
export { bindSql } from "../plan/bind-sql.ts";
export { QueryScript } from "../plan/postgresql-query.ts";
export { dnfOptions } from "../plan/dnf-options.ts";
export { dumpInto, dumpIntoDirectory, dumpPath, endingOf, restoreFrom } from "../plan/dump-file.ts";
export { type ObservedText, observeText, planText, type TextEdit, textOf } from "../plan/edit-text.ts";
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
} from "../plan/file-attributes.ts";
export { type HashScheme, hashPassword, hashSchemes, isHashOf, newSalt } from "../plan/htpasswd-hash.ts";
export {
  archiveKey,
  checkoutKey,
  foundVersion,
  gitArgs,
  gitSsh,
  isFullCommit,
  refuseBadGitArgs,
  remoteKey,
  repoUrl,
} from "../plan/git-request.ts";
export { planClone, planGitArchive, planTree, refuseBadSignature } from "../plan/git-tree.ts";
export { type GetOptions, getFromHost } from "../plan/get-from-host.ts";
export { callApi, type JsonAnswer, type JsonApi, type JsonRequest } from "../plan/json-api.ts";
export { flagsAfter, refuseContext, setFlags, wantsContext } from "../plan/file-flags.ts";
export { linkSource, planHardLink, planLink } from "../plan/file-link.ts";
export { parseRequirement, pipNames, type Requirement } from "../plan/pip-requirement.ts";
export { chmodWord, newDirectoryMode, newFileMode, resolveMode } from "../plan/file-mode.ts";
export { isTime, planTimes } from "../plan/file-times.ts";
export { type HostCopy, hostCopy } from "../plan/host-copy.ts";
export { followLocal, type LocalItem, readLocalTree } from "../plan/local-tree.ts";
export { type ManagedRequest, managedResult, observeManaged, planManaged } from "../plan/managed-packages.ts";
export { mysqlArgs, mysqlConnection, mysqlHash, mysqlMissing, runMysql } from "../plan/mysql-args.ts";
export { type MysqlGrants, mysqlGrantsOf, mysqlGrantSteps } from "../plan/mysql-grants.ts";
export { MysqlQueryScript } from "../plan/mysql-query.ts";
export { notYet } from "../plan/not-yet.ts";
export { openBeside } from "../plan/open-beside.ts";
export { ancestorsOf, observeDirectory, observedDirectory, planDirectory } from "../plan/make-directory.ts";
export { contentOf, contentOfLocal, contentText, type NewContent } from "../plan/new-content.ts";
export {
  contentDiff,
  observePlace,
  placedFileArgs,
  type Place,
  type PlaceQueries,
  planAttributeChange,
  planPlace,
  predictContent,
  requireDirectory,
} from "../plan/place-file.ts";
export {
  inTransaction,
  inTurn,
  notReached,
  type PostgresqlArgs,
  postgresqlArgs,
  postgresqlConnection,
  refuseSql,
} from "../plan/postgresql-args.ts";
export {
  checkSignature,
  defaultGrantsAfter,
  grantsAfter,
  grantStatements,
  type GrantWish,
} from "../plan/postgresql-grants.ts";
export { isPasswordOf, isVerifier, passwordSql } from "../plan/postgresql-password.ts";
export { requireProgram } from "../plan/require-program.ts";
export { alreadyDone, type RunOnceArgs, runOnceQueries, wouldRun } from "../plan/run-once.ts";
export { onHeld, setAttributes } from "../plan/set-attributes.ts";
export { planTreeAttributes } from "../plan/tree-attributes.ts";
export { planUnit, reloadManager, type UnitWish, unitResult, unitToBe } from "../plan/unit-plan.ts";
export { startAndSettle } from "../plan/unit-start.ts";
export { type Member, observeEntries, planEntries } from "../plan/unpack-entries.ts";
export { type Origin, observeHost, planHost } from "../plan/unpack-on-host.ts";
export { type LocalArchive, readArchive, selectEntries } from "../plan/unpack.ts";
export { type Wait, waitScript } from "../plan/wait-script.ts";
