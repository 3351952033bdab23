import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import { Findings } from "../lib/findings.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import type { PlaybookEntry, TaskNode } from "../playbook/model.ts";
import { parsePlaybook } from "../playbook/parse-playbook.ts";
import { parseTaskList } from "../playbook/parse-tasks.ts";
import { isVaultEnvelope } from "../vault/envelope.ts";
import { parseYamlDocument } from "../yaml/parse-yaml.ts";

/** Opens a whole vault file's text. */
export type DecryptFile = (text: string, path: string) => string;

/** Reads and parses the project's files, each once. Synchronous: a project is small, local and read before the first connection. */
export class ProjectFiles {
  /** What is wrong with the files; while the project is checked all of it is gathered. */
  readonly findings: Findings;

  readonly #decrypt: DecryptFile;
  readonly #sources = new Map<string, SourceFile>();
  readonly #playbooks = new Map<string, readonly PlaybookEntry[]>();
  readonly #taskLists = new Map<string, readonly TaskNode[]>();
  readonly #vars = new Map<string, Readonly<Record<string, unknown>>>();

  constructor(decrypt: DecryptFile, findings = new Findings()) {
    this.#decrypt = decrypt;
    this.findings = findings;
  }

  /** Text of a file; decrypted when it is a vault file. `at` is where it was asked for. */
  source(path: string, at?: SourceRange): SourceFile {
    return cached(this.#sources, path, () => {
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch (error) {
        throw new TsrunError({ code: "E_FILE_NOT_FOUND", message: `cannot read \`${path}\``, at, cause: error });
      }
      return { path: relativeName(path), text: isVaultEnvelope(text) ? this.#decrypt(text, path) : text };
    });
  }

  /** Of all files that were read so far. */
  texts(): readonly string[] {
    return [...this.#sources.values()].map(({ text }) => text);
  }

  playbook(path: string, at?: SourceRange): readonly PlaybookEntry[] {
    return cached(this.#playbooks, path, () => parsePlaybook(this.source(path, at), this.findings));
  }

  taskList(path: string, isHandlers: boolean, at?: SourceRange): readonly TaskNode[] {
    return cached(this.#taskLists, `${isHandlers} ${path}`, () =>
      parseTaskList(this.source(path, at), { isHandlers, findings: this.findings }),
    );
  }

  /** Variables of a YAML or JSON file; an empty file has none. */
  vars(path: string, at?: SourceRange): Readonly<Record<string, unknown>> {
    return cached(this.#vars, path, () => {
      const source = this.source(path, at);
      const value = parseYamlDocument(source) ?? {};
      if (typeof value !== "object" || Array.isArray(value)) {
        throw new TsrunError({
          code: "E_VARS_SHAPE",
          message: "expected a mapping of variables",
          at: { source, start: 0, end: 0 },
          hint: "write `name: value`, one a line",
        });
      }
      return value as Readonly<Record<string, unknown>>;
    });
  }
}

/** `base` with the first of the extensions that exists as a file; Ansible takes `.yml`, `.yaml`, `.json` and none. */
export function withExtension(base: string): string | undefined {
  return ["", ".yml", ".yaml", ".json"].map((extension) => base + extension).find(isFile);
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

export function isDirectory(path: string): boolean {
  return existsSync(path) && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** `directory/main` with an extension, as roles name their entry files. */
export function entryFile(directory: string, name = "main"): string | undefined {
  return withExtension(join(directory, name));
}

/** Paths in messages are relative to where the person stands, when that is shorter. */
function relativeName(path: string): string {
  const base = `${process.cwd()}/`;
  return path.startsWith(base) ? path.slice(base.length) : path;
}

function cached<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
