import { answerText, defineQuery } from "../task/query.ts";
import { type Sh, sh } from "../task/sh.ts";

export interface PipKey {
  /** Directory of a virtual environment, whose own pip it is then. */
  readonly virtualenv?: string | undefined;
  /** The pip to take instead of the host's first. */
  readonly executable?: string | undefined;
}

export interface PipState {
  /** Words of a command line that begins with it; undefined when the host or the environment has none. */
  readonly command: readonly string[] | undefined;
  /** Whether the virtual environment exists. */
  readonly hasEnvironment: boolean;
  /** Versions by canonical name (PEP 503). */
  readonly packages: Readonly<Record<string, string>>;
}

/** A pip and what it has installed. */
export const pipState = defineQuery<PipKey, PipState>({
  name: "pip",
  isCostly: true,
  script: (keys) => sh`set --
    ${keys.map(
      (key) => sh`${findPip(key)}
      printf '%s\0%s\0' "\${p:+$w}" "$e"
      if [ "$p" ]; then PIP_DISABLE_PIP_VERSION_CHECK=1 $p list --format=freeze || PIP_DISABLE_PIP_VERSION_CHECK=1 $p freeze || exit; fi
      printf '\0';`,
    )}`,
  parse(output, keys) {
    const fields = answerText(output).split("\0");
    return keys.map(({ virtualenv, executable }, index) => {
      const [found = "", environment = "", list = ""] = fields.slice(index * 3, index * 3 + 3);
      const isPath = virtualenv !== undefined || executable !== undefined;
      return {
        command: found === "" ? undefined : isPath ? [found] : found.split(" "),
        hasEnvironment: environment === "1",
        packages: Object.fromEntries(
          [...list.matchAll(/^([A-Za-z0-9][\w.-]*)===?(\S+)$/gm)].map(([, name = "", version = ""]) => [
            canonicalName(name),
            version,
          ]),
        ),
      };
    });
  },
});

/** `Ruamel.YAML` → `ruamel-yaml`. https://peps.python.org/pep-0503/#normalized-names */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** Sets `p` to the pip (a function where its path may hold blanks), `w` to its name, and `e` to 1 where the environment exists. */
function findPip({ virtualenv, executable }: PipKey): Sh {
  if (virtualenv !== undefined)
    return sh`v=${virtualenv}; e=; p=; [ -e "$v/bin/activate" ] && e=1
      own() { "$w" "$@"; }
      for n in pip3 pip; do [ -x "$v/bin/$n" ] && { p=own w=$v/bin/$n; break; }; done`;
  if (executable !== undefined)
    return sh`w=${executable}; e=; p=; own() { "$w" "$@"; }; command -v "$w" >/dev/null && p=own`;
  return sh`e=; p=
      for n in pip3 pip; do command -v "$n" >/dev/null && { p=$n; break; }; done
      [ "$p" ] || ! python3 -m pip --version >/dev/null 2>&1 || p='python3 -m pip'
      w=$p`;
}
