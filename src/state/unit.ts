import { answerText, defineQuery, type Query } from "../task/query.ts";
import { type Sh, sh } from "../task/sh.ts";

/** Whose units: the system's, the task's user's, or those of all users (which can only be enabled and masked). */
export type UnitScope = "system" | "user" | "global";

/** A unit of systemd as it is loaded, running and enabled. */
export interface UnitState {
  /** False when systemd knows no such unit; a masked one exists. */
  readonly exists: boolean;
  /** False where systemd does not run: a chroot, another init. Then only enablement can be told. */
  readonly isBooted: boolean;
  readonly loadState: string;
  readonly loadError: string;
  readonly activeState: string;
  readonly subState: string;
  readonly result: string;
  readonly type: string;
  readonly remainsAfterExit: boolean;
  /** A unit file changed on disk since it was loaded. */
  readonly needsReload: boolean;
  /** As `systemctl is-enabled` says: enabled, static, disabled, masked, … */
  readonly enablement: string;
  /** As Ansible sees it: also static and generated units, but not an indirect or alias unit without links. */
  readonly isEnabled: boolean;
  /** What `systemctl show` says, for the result's `status`. */
  readonly properties: Readonly<Record<string, string>>;
}

interface UnitKey {
  readonly name: string;
  readonly scope: UnitScope;
}

/** Values without line breaks only, so that no unit's text can pass for another property. */
const properties = (
  "Id Names Type Restart RemainAfterExit MainPID ControlPID Result ReloadResult NRestarts ExecMainStartTimestamp ExecMainExitTimestamp " +
  "ExecMainPID ExecMainCode ExecMainStatus StatusText StatusErrno Slice ControlGroup MemoryCurrent TasksCurrent User Group UMask " +
  "LoadState LoadError ActiveState SubState FragmentPath DropInPaths SourcePath UnitFileState UnitFilePreset StateChangeTimestamp " +
  "InactiveExitTimestamp ActiveEnterTimestamp ActiveExitTimestamp InactiveEnterTimestamp CanStart CanStop CanReload CanIsolate " +
  "RefuseManualStart RefuseManualStop NeedDaemonReload ConditionResult ConditionTimestamp AssertResult Transient InvocationID " +
  "Requires Wants WantedBy RequiredBy Conflicts Before After TriggeredBy Triggers Documentation"
).split(" ");

const suffix = /\.(service|socket|target|device|mount|automount|swap|timer|path|slice|scope)$/;

/** The query for a unit. `.service` is added to a name without a type, as systemctl does. */
export function unit(name: string, scope: UnitScope = "system"): Query<UnitState> {
  return unitByKey({ name: suffix.test(name) ? name : `${name}.service`, scope });
}

/** Options of systemctl for a scope; XDG_RUNTIME_DIR leads it to the user's manager. */
export function systemctl(scope: UnitScope): Sh {
  if (scope === "system") return sh`systemctl`;
  if (scope === "global") return sh`systemctl --global`;
  return sh`XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} systemctl --user`;
}

const unitByKey = defineQuery<UnitKey, UnitState>({
  name: "unit",
  // A unit may die by itself.
  freshMs: 10_000,
  // A scope's records: `show` of all its units, a NUL, then `is-enabled` of each where `show` leaves it open, each with a NUL.
  script: (keys) => sh`
    ${scopesOf(keys).map((scope) => scopeScript(scope, keys))}
    exit 0`,
  parse(output, keys) {
    const records = answerText(output).split("\0");
    const answers = new Map<UnitKey, UnitState>();
    for (const scope of scopesOf(keys)) {
      const members = keys.filter((key) => key.scope === scope);
      const shown = members.filter(isShowable);
      const blocks = parseBlocks(records.shift() ?? "");
      const isBooted = scope !== "global" && blocks.length === shown.length && blocks.length > 0;
      const detail = records.shift() === "detail" ? members.map(() => (records.shift() ?? "").trimEnd()) : undefined;
      members.forEach((key, index) => {
        const block = isBooted ? blocks[shown.indexOf(key)] : undefined;
        answers.set(key, toState(block, isBooted, detail?.[index]));
      });
    }
    return keys.map((key) => answers.get(key) as UnitState);
  },
});

function scopeScript(scope: UnitScope, keys: readonly UnitKey[]): Sh {
  const members = keys.filter((key) => key.scope === scope);
  const shown = members.filter(isShowable).map(({ name }) => name);
  const names = members.map(({ name }) => name);
  const tool = systemctl(scope);
  const show =
    shown.length > 0 && scope !== "global"
      ? sh`${tool} show -p ${properties.join(",")} -- ${shown} 2>/dev/null`
      : sh`:`;
  const always = shown.length < members.length || scope === "global" ? sh`always` : sh`''`;
  // Whether a generated or indirect unit is enabled is not in its state; without a manager nothing is.
  return sh`s=$(${show}); printf '%s\0' "$s"
    case ${always}$s in
      always* | '' | *UnitFileState=indirect* | *UnitFileState=alias* | *UnitFileState=generated*)
        printf 'detail\0'; for u in ${names}; do ${tool} is-enabled -l -- "$u" 2>/dev/null; printf '\0'; done;;
      *) printf '\0';;
    esac
`;
}

/** `systemctl show` refuses a template without an instance and answers nothing at all then. */
function isShowable({ name }: UnitKey): boolean {
  return /^[A-Za-z0-9:_.\\@-]+$/.test(name) && !/@\.[a-z]+$/.test(name);
}

function scopesOf(keys: readonly UnitKey[]): readonly UnitScope[] {
  return [...new Set(keys.map(({ scope }) => scope))];
}

function parseBlocks(text: string): readonly Record<string, string>[] {
  return text
    .split("\n\n")
    .filter((block) => block.trim() !== "")
    .map((block) =>
      Object.fromEntries(
        block
          .split("\n")
          .filter((line) => line.includes("="))
          .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      ),
    );
}

const enabledWords = ["enabled", "enabled-runtime", "static", "generated"];
const linkedWords = ["indirect", "alias"];

function toState(block: Record<string, string> | undefined, isBooted: boolean, detail: string | undefined): UnitState {
  const word = detail?.split("\n")[0] || block?.["UnitFileState"] || "";
  // A lone `indirect` or `alias` is not enabled; links listed below it make it so.
  const isEnabled = enabledWords.includes(word) || (linkedWords.includes(word) && (detail ?? "").includes("\n"));
  const loadState = block?.["LoadState"] ?? (word === "" ? "not-found" : "loaded");
  return {
    exists: loadState !== "not-found",
    isBooted,
    loadState,
    loadError: block?.["LoadError"] ?? "",
    activeState: block?.["ActiveState"] ?? "",
    subState: block?.["SubState"] ?? "",
    result: block?.["Result"] ?? "",
    type: block?.["Type"] ?? "",
    remainsAfterExit: block?.["RemainAfterExit"] === "yes",
    needsReload: block?.["NeedDaemonReload"] === "yes",
    enablement: word,
    isEnabled,
    properties: block ?? {},
  };
}
