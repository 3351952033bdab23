import type { ReportStream } from "../report/report.ts";

/** A command with the name and the line that `commands.ts` gives it. */
export interface Command extends CommandBody {
  readonly name: string;
  readonly summary: string;
}

/** What a command's own file holds. Data first, so that its help needs no parser. */
export interface CommandBody {
  /** What stands behind the command's name: `FILE... [options]`. */
  readonly usage: string;
  readonly positionals: { readonly what: string; readonly min: number; readonly max: number };
  /** Whether what follows these positionals is another program's: `tsrun lab ssh HOST ls -l`. */
  readonly isRestLiteral?: (positionals: readonly string[]) => boolean;
  readonly groups: readonly OptionGroup[];
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Exit code. Errors are thrown. */
  run(args: Arguments, context: CliContext): Promise<number>;
}

export interface OptionGroup {
  readonly title: string;
  readonly options: readonly OptionSpec[];
}

export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string;
  readonly short?: string;
  /** Further long names that Ansible's users know; not shown in help. */
  readonly aliases?: readonly string[];
  /** `values` may be given several times; of a repeated `value` the last one counts, as in Ansible. */
  readonly type: "flag" | "count" | "value" | "values";
  /** Stands for the value in help, in capitals. */
  readonly metavar?: string;
  readonly choices?: readonly string[];
  /** Taken as well but not offered: names that Ansible's users may have in their scripts. */
  readonly silentChoices?: readonly string[];
  readonly summary: string;
}

/** Checked arguments of a command. */
export interface Arguments {
  readonly positionals: readonly string[];
  has(name: string): boolean;
  count(name: string): number;
  value(name: string): string | undefined;
  values(name: string): readonly string[];
}

/** The process as commands see it; tests bring their own. */
export interface CliContext {
  /** What stood behind `tsrun`. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: ReportStream;
  readonly stderr: ReportStream;
}
