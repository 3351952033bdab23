import type { AptSources } from "../state/apt-sources.ts";
import { TaskFailure } from "../task/failure.ts";

interface SourceLine {
  readonly isValid: boolean;
  readonly isEnabled: boolean;
  readonly source: string;
  readonly comment: string;
}

/** Adds a source, or enables it wherever it stands as a comment. Returns the files that change with their new text. */
export function addSource(files: AptSources, repo: string, filename: string | undefined): AptSources {
  const wanted = parseRepo(repo);
  const changed: Record<string, string> = {};
  let isFound = false;
  for (const [path, text] of Object.entries(files)) {
    const edited = mapLines(text, (line, parsed) => {
      if (!parsed.isValid || parsed.source !== wanted) return line;
      isFound = true;
      return parsed.isEnabled ? line : format(parsed);
    });
    if (edited !== text) changed[path] = edited;
  }
  if (isFound) return changed;
  const path = sourcePath(wanted, filename);
  const present = files[path] ?? "";
  return { [path]: `${present}${present === "" || present.endsWith("\n") ? "" : "\n"}${wanted}\n` };
}

/** Takes a source away wherever it is enabled. A file that is left without a line has the text "" then. */
export function removeSource(files: AptSources, repo: string): AptSources {
  const unwanted = parseRepo(repo);
  const changed: Record<string, string> = {};
  for (const [path, text] of Object.entries(files)) {
    const edited = mapLines(text, (line, { isValid, isEnabled, source }) =>
      isValid && isEnabled && source === unwanted ? undefined : line,
    );
    if (edited !== text) changed[path] = edited;
  }
  return changed;
}

/** Ansible's name for the file of a source: its address without protocol and signs. */
function sourcePath(source: string, filename: string | undefined): string {
  if (filename !== undefined)
    return filename.includes("/") ? `${filename}.list` : `/etc/apt/sources.list.d/${filename}.list`;
  const [address = ""] = source
    .replace(/\[[^\]]+\]/, "")
    .replace(/\w+:\/\//, "")
    .split(/\s+/)
    .filter((part) => part !== "" && part !== "deb" && part !== "deb-src");
  const name = address
    .replace(/^[^@]*@/, "")
    .replace(/[^a-zA-Z0-9]/g, " ")
    .split(/\s+/)
    .filter(Boolean)
    .join("_");
  return `/etc/apt/sources.list.d/${name}.list`;
}

function parseRepo(repo: string): string {
  if (repo.trim().startsWith("ppa:"))
    throw new TaskFailure("`ppa:` sources are not supported: name the archive and its key with deb822_repository");
  const parsed = parseLine(repo);
  if (!parsed.isValid || !parsed.isEnabled) throw new TaskFailure(`Invalid repository string: ${repo}`);
  return parsed.source;
}

function parseLine(text: string): SourceLine {
  const isEnabled = !text.trim().startsWith("#");
  const line = isEnabled ? text.trim() : text.trim().slice(1);
  const at = line.indexOf("#");
  const source = (at > 0 ? line.slice(0, at) : line).trim();
  const isValid = /^(deb|deb-src)\s/.test(`${source} `);
  return {
    isValid,
    isEnabled,
    source: isValid ? source.split(/\s+/).join(" ") : source,
    comment: at > 0 ? line.slice(at + 1).trim() : "",
  };
}

function format({ source, comment }: SourceLine): string {
  return comment === "" ? source : `${source} # ${comment}`;
}

/** Each line as it stands, or changed, or without (undefined). */
function mapLines(text: string, edit: (line: string, parsed: SourceLine) => string | undefined): string {
  const lines = text.split("\n");
  const isClosed = lines.at(-1) === "";
  const kept = (isClosed ? lines.slice(0, -1) : lines)
    .map((line) => edit(line, parseLine(line)))
    .filter((line) => line !== undefined);
  return kept.length === 0 ? "" : kept.join("\n") + (isClosed ? "\n" : "");
}
