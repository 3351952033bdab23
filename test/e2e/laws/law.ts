/** What every resource module promises, and what a test of the promise needs of the module. */
export const LAWS = {
  settled: "applied again, changes nothing",
  predicted: "check mode predicts what the real run does",
  checkWritesNothing: "check mode writes nothing",
  diff: "diff shows before and after",
  names: "hostile names are exact",
  planted: "a link that another user planted is not followed",
  modes: "no file is ever wider than in the end",
  secrets: "secrets appear nowhere",
  cut: "a cut leaves old or new, and a rerun converges",
} as const;
export type Law = keyof typeof LAWS;

/** Arguments of a module as a playbook has them. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface LawCase {
  /** Unlike any other case's of the module. */
  readonly name: string;
  readonly args: Arguments;
  /** sh, run as root: makes what is there before, whatever an earlier run left. The case's own directory (`$own`) is empty then. */
  readonly before?: string;
  /** sh, run as root in `$own`: prints what the case is about, without what differs from run to run. */
  readonly probe: string;
  /** Many things, altered one after the other: a cut may leave some old and some new. */
  readonly isGradual?: boolean;
  /** Something that is done at each run, such as a dump: it is never settled, and has no before and after to show. */
  readonly isEvent?: boolean;
}

/** What the host of a module's tests has beside a plain one: servers of databases, or Docker. */
export type LawHostKind = "databases" | "docker" | undefined;

export interface ModuleLaws {
  readonly host?: LawHostKind;
  readonly cases: readonly LawCase[];
  /** Arguments that make a file of mode 0600 at a path. For names, planted links and modes. */
  readonly at?: ((path: string) => Arguments) | undefined;
  /** Whether what `at` gives is done at each run. */
  readonly isEventAt?: boolean;
  /** Arguments about something with a name that is no path, which the module takes exactly or refuses. */
  readonly named?: ((name: string) => Arguments) | undefined;
  /** sh, run as root: makes what `named` presupposes of the names. */
  readonly beforeNamed?: (names: readonly string[]) => string;
  /** Arguments that hold a secret; with `no_log` where the argument is not known to be one. */
  readonly holding?:
    | {
        readonly args: (secret: string) => Arguments;
        readonly isNoLog: boolean;
        /** sh, run as root: makes whom the secret lets in. */
        readonly before?: (secret: string) => string;
      }
    | undefined;
  /** Why a law is not tested. */
  readonly exempt?: Partial<Readonly<Record<Law, string>>>;
}

/** Everything of a case lies below its own directory, where the module lets it. */
export const lawsRoot = "/srv/laws";
export const ownDirectory = (module: string, { name }: LawCase): string =>
  `${lawsRoot}/${module}/${name.replaceAll(/\W+/g, "-")}`;
export const taskName = (module: string, { name }: LawCase): string => `${module}: ${name}`;

/** Why a law is not tested for a module; undefined when it is. Throws for a module that neither has what the test needs nor a reason. */
export function exemption(name: string, module: ModuleLaws, law: Law): string | undefined {
  const reason = module.exempt?.[law];
  if (reason !== undefined) return reason;
  const needs: Partial<Readonly<Record<Law, unknown>>> = {
    names: module.at ?? module.named,
    planted: module.at,
    modes: module.at,
    secrets: module.holding,
  };
  const hasAll = module.cases.length > 0 && (!Object.hasOwn(needs, law) || needs[law] !== undefined);
  if (!hasAll) throw new Error(`\`${name}\`: nothing to test "${LAWS[law]}" with, and no reason why not`);
  return undefined;
}
