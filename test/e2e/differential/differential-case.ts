import { readdirSync, readFileSync } from "node:fs";
import { load } from "js-yaml";

/** One task that Ansible ran once and tsrun runs at each test. `$own` in it is a directory of its own. */
export interface DifferentialCase {
  readonly name: string;
  /** sh, as root, in `$own`: what is there before. */
  readonly before?: string;
  readonly args: unknown;
  /** Whether it only says what it would do. */
  readonly check?: boolean;
  /** sh, as root, in `$own`: prints what is there afterwards, besides the files in `$own`. */
  readonly state?: string;
  /** Fields of the result that are not compared, with the reason. */
  readonly ignore?: Readonly<Record<string, string>>;
  /** What tsrun does otherwise on purpose: `outcome`, `again`, `state on the host` or a field of the result, with the reason. */
  readonly deviations?: Readonly<Record<string, string>>;
}

export interface ModuleCases {
  /** The file's name, which is tsrun's. */
  readonly name: string;
  /** As Ansible names it. */
  readonly module: string;
  /** What the host needs beside a plain one: servers of databases. */
  readonly host?: "databases" | "docker";
  readonly vars: Readonly<Record<string, unknown>>;
  readonly ignore: Readonly<Record<string, string>>;
  readonly cases: readonly DifferentialCase[];
}

/** What a case came to. */
export interface Answer {
  readonly outcome: string;
  readonly result: Readonly<Record<string, unknown>>;
  /** What is on the host afterwards. */
  readonly state: string;
  /** The outcome when it was run again. */
  readonly again: string;
}

export type Answers = Readonly<Record<string, Answer>>;

const here = new URL("./", import.meta.url);

/** The table: one file a module. */
export function listModuleCases(): readonly ModuleCases[] {
  return readdirSync(new URL("cases", here))
    .toSorted()
    .map((file) => {
      const name = file.replace(/\.yaml$/, "");
      const content = load(readFileSync(new URL(`cases/${file}`, here), "utf8")) as Partial<ModuleCases>;
      return { module: `ansible.builtin.${name}`, vars: {}, ignore: {}, cases: [], ...content, name };
    });
}

/** Where Ansible's answers for a module are kept. */
export function answersPath({ name }: ModuleCases): URL {
  return new URL(`recorded/${name}.json`, here);
}

/** Files of the project that the cases name. */
export const projectFiles = new URL("files/", here);

export const root = "/srv/differential";
export const ownDirectory = ({ name }: ModuleCases, one: DifferentialCase): string =>
  `${root}/${name}/${one.name.replaceAll(/\W+/g, "-")}`;
export const taskName = ({ name }: ModuleCases, one: DifferentialCase): string => `${name}: ${one.name}`;

/** The playbook of a module's cases, each going on after a failure. JSON is YAML. */
export function playbookOf(modules: readonly ModuleCases[]): string {
  const plays = modules.map((module) => ({
    hosts: "all",
    become: true,
    gather_facts: false,
    vars: module.vars,
    tasks: module.cases.map((one) => ({
      name: taskName(module, one),
      [module.module]: JSON.parse(JSON.stringify(one.args).replaceAll("$own", ownDirectory(module, one))) as unknown,
      ignore_errors: true,
      ...(one.check && { check_mode: true }),
    })),
  }));
  return JSON.stringify(plays, undefined, 1);
}

/** What differs between two runs of the same program, or is a file's nature. */
const noise =
  /^(ansible_facts|atime|access_time|block_size|blocks|birthtime|changed|ctime|delta|dev|device_type|deprecations|diff|end|examined|exception|failed|gr_name|inode|invocation|last_modified|date|server|md5sum|modification_time|module_stderr|module_stdout|mtime|start|version|warnings|stdout_lines|stderr_lines|_.*)$/;

/** A result without noise, with names that only chance gave replaced. */
export function cleanResult(result: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return cleanMembers(result, noise);
}

function cleanMembers(value: object, without: RegExp): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !without.test(name))
      .map(([name, member]) => [name, clean(member)])
      .toSorted(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
  );
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return value.replace(chance, "…");
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value === "object" && value !== null) return cleanMembers(value, noise);
  return value;
}

/** Names of backups, and of Ansible's temporary files. */
const chance = /(\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~|\/[^\s"]*\/(ansible|\.ansible)[-/]tmp[-\w./]*)/g;

/** What is printed about the state, with names of backups replaced. */
export function cleanState(text: string): string {
  return text.replace(chance, "…").replaceAll(/\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~/g, "…");
}
