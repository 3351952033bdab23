/** Texts of the files of a directory, by name. */
export type FileTexts = Readonly<Record<string, string>>;

export interface BootWish {
  readonly name: string;
  readonly isWanted: boolean;
  /** Parameters, such as `max_loop=8`. */
  readonly params: readonly string[];
}

/** The files of modules-load.d that have to be other, with their new texts: one has a line with the kernel module, or none has. */
export function editLoadFiles(files: FileTexts, { name, isWanted }: BootWish): FileTexts {
  const isLine = (line: string) => sameName(bare(line), name);
  if (!isWanted) return commentedOut(files, isLine);
  return linesOf(files).some(isLine) ? {} : { [`${name}.conf`]: `${name}\n` };
}

/** The same for modprobe.d: its lines have these parameters of the kernel module together and no others. */
export function editOptionsFiles(files: FileTexts, { name, isWanted, params }: BootWish): FileTexts {
  const paramsOf = (line: string) => {
    const [word, module = "", ...found] = bare(line).split(/\s+/);
    return word === "options" && sameName(module, name) ? found : [];
  };
  const wanted = new Set(isWanted ? params : []);
  const now = new Set(linesOf(files).flatMap(paramsOf));
  if (now.size === wanted.size && [...now].every((param) => wanted.has(param))) return {};
  const without = commentedOut(files, (line) => paramsOf(line).length > 0);
  if (wanted.size === 0) return without;
  return { ...without, [`${name}.conf`]: [...wanted].map((param) => `options ${name} ${param}\n`).join("") };
}

function commentedOut(files: FileTexts, isMeant: (line: string) => boolean): FileTexts {
  const edited = Object.entries(files).map(([file, text]): [string, string] => {
    const lines = text.split("\n").map((line) => (isMeant(line) ? `#${line}` : line));
    return [file, lines.join("\n")];
  });
  return Object.fromEntries(edited.filter(([file, text]) => text !== files[file]));
}

function linesOf(files: FileTexts): readonly string[] {
  return Object.values(files).flatMap((text) => text.split("\n"));
}

/** A line without what is a comment; see modules-load.d(5) and modprobe.d(5). */
function bare(line: string): string {
  return line.replace(/[#;].*$/, "").trim();
}

/** `-` and `_` are the same to the kernel. */
function sameName(a: string, b: string): boolean {
  return a.replaceAll("-", "_") === b.replaceAll("-", "_");
}
