import { readdirSync, readFileSync } from "node:fs";
import { load } from "js-yaml";

/** One task that Ansible ran once and tsrun runs at each test. `$own` in it is a directory of its own. */
export interface DifferentialCase {
  readonly name: string;
  /** sh, as root, in `$own`: what is there before. */
  readonly before?: string;
  readonly args: unknown;
  /** Tasks before it, whose results are not compared. */
  readonly prepare?: readonly object[];
  /** Whether it only says what it would do. */
  readonly check?: boolean;
  /** Facts that are compared beside the result's other fields: all, or these, of each only the members named. */
  readonly facts?: "all" | Readonly<Record<string, readonly string[]>>;
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
  /** How far a lab host goes. */
  readonly note?: string;
  /** What the host needs beside a plain one: servers, package managers. */
  readonly host?: "databases" | "docker" | "rpm" | "consul";
  readonly vars: Readonly<Record<string, unknown>>;
  readonly ignore: Readonly<Record<string, string>>;
  /** Fields and facts of which only the kind is compared (text, number, which members), with the reason. */
  readonly kinds: Readonly<Record<string, string>>;
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
      return { module: `ansible.builtin.${name}`, vars: {}, ignore: {}, kinds: {}, cases: [], ...content, name };
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
    tasks: module.cases.flatMap((one) => {
      const own = <T>(value: T): T =>
        JSON.parse(JSON.stringify(value).replaceAll("$own", ownDirectory(module, one))) as T;
      return [
        ...own(one.prepare ?? []),
        {
          name: taskName(module, one),
          [module.module]: own(one.args),
          ignore_errors: true,
          ...(one.check && { check_mode: true }),
        },
      ];
    }),
  }));
  return JSON.stringify(plays, undefined, 1);
}

/** What differs between two runs of the same program, or is a file's nature. */
const noise =
  /^(ansible_facts|atime|access_time|block_size|blocks|birthtime|changed|ctime|delta|dev|device_type|deprecations|diff|end|examined|exception|failed|gr_name|inode|invocation|last_modified|date|server|CreateIndex|ModifyIndex|md5sum|modification_time|module_stderr|module_stdout|mtime|start|version|warnings|stdout_lines|stderr_lines|_.*)$/;

/** What of a case's result is compared: without noise, with names that only chance gave replaced. */
export function answerResult(
  { kinds }: ModuleCases,
  { facts }: DifferentialCase,
  result: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const all = { ...cleanMembers(result, noise), ...(facts && chosenFacts(facts, result["ansible_facts"] ?? {})) };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, Object.hasOwn(kinds, name) ? kindOf(value) : value]),
  );
}

function chosenFacts(wanted: NonNullable<DifferentialCase["facts"]>, found: object): Readonly<Record<string, unknown>> {
  if (wanted === "all") return Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const facts = found as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  return Object.fromEntries(
    Object.entries(wanted).map(([name, members]) => [
      name,
      Object.fromEntries(members.map((member) => [member, facts[name]?.[member] ?? null])),
    ]),
  );
}

/** What a value is like: of a list the kinds that are in it, of a mapping each member's. */
function kindOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kinds = new Map(value.map(kindOf).map((kind) => [JSON.stringify(kind), kind]));
    return [...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
  }
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, kindOf(member)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
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
