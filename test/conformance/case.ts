import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { splitWords } from "../../src/transport/split-words.ts";

const root = fileURLToPath(new URL("cases", import.meta.url));

/** One playbook that shows one feature, with what belongs to it. */
export interface Case {
  /** `topic/name`. */
  readonly name: string;
  readonly directory: string;
  /** Arguments of each run of `playbook.yaml`; from its lines `# run: --check`. One run without any when there are none. */
  readonly runs: readonly (readonly string[])[];
  /** `# compare: by host`, for strategies without a common order. */
  readonly isByHost: boolean;
}

/** A case's copy in a temporary directory, where a run may write. */
export interface Workspace {
  readonly directory: string;
  /** Arguments that every run of the case has. */
  readonly arguments: readonly string[];
  /** Paths without what differs from machine to machine. */
  readonly normalize: (text: string) => string;
  /** Files below the variable `work`: path, mode and content. */
  readonly files: () => string;
  readonly remove: () => void;
}

/** All cases, in order of their names. */
export function listCases(): readonly Case[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((topic) => readdirSync(join(root, topic.name)).map((name) => `${topic.name}/${name}`))
    .filter((name) => existsSync(join(root, name, "playbook.yaml")))
    .toSorted()
    .map(loadCase);
}

function loadCase(name: string): Case {
  const directory = join(root, name);
  const text = readFileSync(join(directory, "playbook.yaml"), "utf8");
  const runs = [...text.matchAll(/^# run:(.*)$/gm)].map((match) => splitWords((match[1] ?? "").trim()));
  return {
    name,
    directory,
    runs: runs.length === 0 ? [[]] : runs,
    isByHost: /^# compare: by host$/m.test(text),
  };
}

/** Copies a case to where it can be run. */
export function openWorkspace(one: Case): Workspace {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "tsrun-case-")));
  const [directory, work] = [join(top, "case"), join(top, "work")];
  cpSync(one.directory, directory, { recursive: true });
  mkdirSync(work);
  chmodSync(work, 0o755);
  const own = readdirSync(directory).find((entry) => entry.startsWith("inventory"));
  const inventory = own ?? join(root, "hosts.ini");
  return {
    directory,
    arguments: ["-i", inventory, "-e", `work=${work}`],
    normalize: (text) => text.replaceAll(`${top}/`, "").replaceAll(top, "TOP"),
    files: () => listFiles(work, work).join(""),
    remove: () => rmSync(top, { recursive: true, force: true }),
  };
}

function listFiles(directory: string, base: string): readonly string[] {
  return readdirSync(directory)
    .toSorted()
    .flatMap((name) => {
      const path = join(directory, name);
      const stats = lstatSync(path);
      const shown = `  ${relative(base, path)}`;
      if (stats.isSymbolicLink()) return [`${shown} -> ${readlinkSync(path)}\n`];
      const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
      if (stats.isDirectory()) return [`${shown}/ ${mode}\n`, ...listFiles(path, base)];
      return [`${shown} ${mode} ${JSON.stringify(readFileSync(path, "utf8"))}\n`];
    });
}
