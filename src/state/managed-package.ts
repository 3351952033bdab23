import { answerText, defineQuery, type QueryOutput } from "../task/query.ts";
import { decodeBytes } from "../lib/bytes.ts";
import { type Sh, sh } from "../task/sh.ts";
import { plannedByDnf } from "./dnf-transaction.ts";

/** Package managers other than apt. */
export type Manager = "apk" | "dnf" | "pacman" | "yum" | "zypper";

export interface ManagedPackageKey {
  readonly manager: Manager;
  readonly name: string;
  /** Directory of another system, where RPM packages are looked for instead. */
  readonly root?: string | undefined;
}

/** A package that some manager but apt has installed. */
export interface ManagedPackageState {
  /** Name and version as the manager prints them. */
  readonly version: string;
}

/** A package by name, or by what it provides; undefined when it is not installed. With apk it must also have been asked for. */
export const managedPackage = defineQuery<ManagedPackageKey, ManagedPackageState | undefined>({
  name: "managed-package",
  script: (keys) => sh`${keys.map((key) => sh`${installed(key)}; printf '\0';`)} exit 0`,
  parse(output, keys) {
    const parts = answerText(output).split("\0");
    return keys.map((_, index) => {
      const version = parts[index]?.trim().split("\n")[0];
      return version ? { version } : undefined;
    });
  },
});

function installed({ manager, name, root }: ManagedPackageKey): Sh {
  if (manager === "apk") return sh`apk info -e -v -- ${name} 2>/dev/null`;
  if (manager === "pacman") return sh`pacman -Q -- ${name} 2>/dev/null`;
  const format = "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n";
  const where = root !== undefined && ["--root", root];
  return sh`rpm ${where} -q --qf ${format} -- ${name} 2>/dev/null | grep -v 'is not installed$' || rpm ${where} -q --qf ${format} --whatprovides -- ${name} 2>/dev/null | grep -v '^no package provides'`;
}

export interface SimulationKey {
  readonly manager: Manager;
  /** The whole command line, which only says what it would do. */
  readonly words: readonly string[];
}

/** What a command of a package manager would come to. */
export interface SimulationOutcome {
  readonly alters: boolean;
  /** What it would do, as far as that is told: `Installed: NAME`. */
  readonly planned?: readonly string[];
  /** Why it cannot be done, in the manager's words, and its exit code. */
  readonly complaint?: string;
  readonly rc?: number;
}

/** Whether a command of a package manager would alter anything. */
export const packageSimulation = defineQuery<SimulationKey, SimulationOutcome>({
  name: "package-simulation",
  isCostly: true,
  script: (keys) => sh`${keys.map(({ words }) => sh`${words} </dev/null 2>&1; printf '\0%s\0' $?;`)} exit 0`,
  parse(output: QueryOutput, keys) {
    const parts = decodeBytes(output.stdout).split("\0");
    return keys.map(({ manager }, index) => {
      const text = parts[index * 2] ?? "";
      const rc = Number(parts[index * 2 + 1]);
      const outcome = wouldAlter(manager, text, rc);
      if (outcome === undefined) return { alters: false, complaint: complaintOf(text), rc };
      const planned = manager === "dnf" || manager === "yum" ? plannedByDnf(text) : [];
      return { alters: outcome, ...(planned.length > 0 && { planned }) };
    });
  },
});

/** The program that manages a host's RPM packages, if one of them does. */
export const rpmManager = defineQuery<null, "dnf" | "yum" | undefined>({
  name: "rpm-manager",
  script: () => sh`for p in dnf yum; do command -v "$p" >/dev/null && { echo "$p"; break; }; done; exit 0`,
  parse(output, keys) {
    const found = answerText(output).trim();
    return keys.map(() => (found === "dnf" || found === "yum" ? found : undefined));
  },
});

/** Undefined when the command failed. What managers print: dnf 4.14, zypper 1.14, pacman 6.0 and apk 2.14 were read. */
function wouldAlter(manager: Manager, text: string, rc: number): boolean | undefined {
  if (manager === "dnf" || manager === "yum") {
    if (/Operation aborted|Exiting on user command/.test(text)) return true;
    return rc === 0 ? false : undefined;
  }
  if (rc !== 0) return undefined;
  if (manager === "zypper") return !/Nothing to do\.|No update candidate|is already installed\.\s*$/.test(text);
  if (manager === "apk") return /^\(\d+\/\d+\) /m.test(text);
  return text.split("\n").some((line) => /^\S+ \S+$/.test(line.trim()));
}

function complaintOf(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /error|no match|not found|no such|no provider|unable/i.test(line));
  return (telling.length > 0 ? telling : lines.slice(-3)).join("\n").trim() || "the package manager failed";
}
