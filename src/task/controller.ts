/** Where a relative name is looked for: in the role, the including roles, the task file's directory and the playbook's, as Ansible does. */
export type SearchFolder = "files" | "templates" | "vars" | "tasks" | "library";

/** A file or directory on the machine that runs tsrun. */
export interface LocalEntry {
  readonly path: string;
  readonly type: "file" | "directory" | "link" | "other";
  readonly size: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly linkTarget?: string;
}

/** Syntax overrides of a template, as the `template` module takes them. */
export interface TemplateSyntax {
  readonly trimBlocks?: boolean;
  readonly lstripBlocks?: boolean;
  readonly newlineSequence?: string;
  readonly blockStart?: string;
  readonly blockEnd?: string;
  readonly variableStart?: string;
  readonly variableEnd?: string;
  readonly commentStart?: string;
  readonly commentEnd?: string;
}

/** What a module may do on the machine that runs tsrun: find, read and render files of the project. */
export interface Controller {
  /** Absolute path of an existing file or directory. Throws a TaskFailure that lists where it looked. */
  find(name: string, folder: SearchFolder): Promise<string>;
  stat(path: string): Promise<LocalEntry | undefined>;
  /** Everything below a directory, depth first, sorted; paths are relative to it. */
  walk(directory: string): Promise<readonly LocalEntry[]>;
  /** A whole file; decrypted when it is a vault file. */
  read(path: string): Promise<Uint8Array>;
  /** A whole file as it is. */
  readRaw(path: string): Promise<Uint8Array>;
  /** Variables of a YAML or JSON file; decrypted, positions kept. Throws when it is not a mapping; an empty file has none. */
  loadVars(path: string): Promise<Readonly<Record<string, unknown>>>;
  /** sha256 of a file as hex, without holding it in memory. */
  sha256(path: string): Promise<string>;
  /** Renders a template file with the task's variables (and `ansible_managed`, `template_path`, …). */
  render(path: string, syntax?: TemplateSyntax): Promise<string>;
  /** Writes a file on the controller atomically (fetch, vault-free secrets); parent directories are made. */
  write(path: string, content: Uint8Array, mode?: number): Promise<void>;
}
