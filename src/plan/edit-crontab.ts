/** What a crontab is to hold: a job under its name, or a variable. */
export interface CronEntry {
  readonly name: string;
  /** The whole line; undefined takes the entry away. */
  readonly line: string | undefined;
  readonly isVariable: boolean;
  /** Name of a variable next to which a new one is put. */
  readonly insertAfter?: string | undefined;
  readonly insertBefore?: string | undefined;
}

const mark = "#Ansible: ";

/**
 * The crontab with the entry as wanted. Jobs stand below a line with their name, as Ansible writes them, so that both tools find them.
 *
 * Throws a RangeError with the name of a variable that is not there to insert next to.
 */
export function editCrontab(text: string, entry: CronEntry): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const edited = entry.isVariable ? editVariable(lines, entry) : editJob(lines, entry);
  const result = edited.join("\n").replace(/[\r\n]+$/, "");
  return result === "" ? "" : `${result}\n`;
}

/** Names of the jobs and variables of a crontab, for the result. */
export function cronNames(text: string): { readonly jobs: readonly string[]; readonly envs: readonly string[] } {
  const lines = text.split("\n");
  return {
    jobs: lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length)),
    envs: lines.filter((line) => /^\S+=/.test(line)).map((line) => line.slice(0, line.indexOf("="))),
  };
}

function editJob(lines: readonly string[], { name, line }: CronEntry): readonly string[] {
  const head = mark + name;
  const at = lines.indexOf(head);
  if (at >= 0) {
    const kept: string[] = [];
    for (let index = 0; index < lines.length; index++) {
      if (lines[index] !== head) kept.push(lines[index] as string);
      else {
        // The line below a mark is its job.
        if (line !== undefined) kept.push(head, line);
        index += 1;
      }
    }
    return kept;
  }
  if (line === undefined) return lines;
  const same = lines.findIndex((other, index) => other === line && !(lines[index - 1] ?? "").startsWith(mark));
  return same < 0 ? [...lines, head, line] : [...lines.slice(0, same), head, ...lines.slice(same)];
}

function editVariable(
  lines: readonly string[],
  { name, line, insertAfter, insertBefore }: CronEntry,
): readonly string[] {
  const isOf = (wanted: string) => (other: string) => other.startsWith(`${wanted}=`);
  if (lines.some(isOf(name))) {
    return lines.flatMap((other) => (!isOf(name)(other) ? [other] : line === undefined ? [] : [line]));
  }
  if (line === undefined) return lines;
  const neighbour = insertAfter ?? insertBefore;
  if (neighbour === undefined) return [line, ...lines];
  const at = lines.findIndex(isOf(neighbour));
  if (at < 0) throw new RangeError(neighbour);
  const place = insertAfter === undefined ? at : at + 1;
  return [...lines.slice(0, place), line, ...lines.slice(place)];
}
