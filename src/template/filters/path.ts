import path from "node:path/posix";
import windows from "node:path/win32";
import { framePlugin, plugin } from "../callable.ts";
import type { Frame } from "../frame.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { describeValue, isList, Tuple } from "../values.ts";
import type { PluginTable } from "./table.ts";

/** Filters over file names, with the rules of Python's `os.path`. */
export const pathFilters: PluginTable = {
  basename: plugin("", (value: unknown) => /[^/]*$/.exec(toText(value))?.[0] ?? ""),
  dirname: plugin("", (value: unknown) => dirname(toText(value))),
  splitext: plugin("", (value: unknown) => splitExtension(toText(value))),
  path_join: plugin("*parts", (value: unknown, parts: readonly unknown[]) =>
    (isList(value) ? value : [value, ...parts]).map(toText).reduce(join),
  ),
  normpath: plugin("", (value: unknown) => normalize(toText(value))),
  relpath: plugin("start?", (value: unknown, start: unknown = ".") => relative(toText(value), toText(start))),
  commonpath: plugin("", commonPath),
  expanduser: framePlugin("", (frame: Frame, value: unknown) => expandUser(frame, toText(value))),
  expandvars: framePlugin("", (frame: Frame, value: unknown) =>
    toText(value).replace(
      /\$(?:(\w+)|\{([^}]*)\})/g,
      (whole, plain?: string, braced?: string) => frame.env.environ?.(plain ?? (braced as string)) ?? whole,
    ),
  ),
  realpath: framePlugin(
    "",
    (frame: Frame, value: unknown) => frame.env.files?.realpath(toText(value)) ?? normalize(toText(value)),
  ),
  fileglob: framePlugin("", (frame: Frame, value: unknown) => {
    if (!frame.env.files?.glob) throw templateError("`fileglob` is not available here");
    return [...frame.env.files.glob(toText(value))];
  }),
  win_basename: plugin("", (value: unknown) => windows.basename(toText(value))),
  win_dirname: plugin("", (value: unknown) => /^([\s\S]*?)[\\/]*[^\\/]*$/.exec(toText(value))?.[1] ?? ""),
  win_splitdrive: plugin("", (value: unknown) => {
    const [, drive = "", rest = ""] = /^([A-Za-z]:|[\\/]{2}[^\\/]+[\\/][^\\/]+)?([\s\S]*)$/.exec(toText(value)) ?? [];
    return Tuple.of2(drive, rest);
  }),
};

function dirname(text: string): string {
  const head = text.slice(0, text.lastIndexOf("/") + 1);
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, "");
}

function splitExtension(text: string): Tuple {
  const base = text.slice(text.lastIndexOf("/") + 1);
  const dot = base.replace(/^\.+/, (dots) => "x".repeat(dots.length)).lastIndexOf(".");
  if (dot <= 0) return Tuple.of2(text, "");
  const at = text.length - base.length + dot;
  return Tuple.of2(text.slice(0, at), text.slice(at));
}

function join(head: string, tail: string): string {
  if (tail.startsWith("/")) return tail;
  return head === "" || head.endsWith("/") ? head + tail : `${head}/${tail}`;
}

function normalize(text: string): string {
  const normal = path.normalize(text);
  const slashes = /^\/\/(?!\/)/.test(text) ? "/" : "";
  return slashes + (normal.length > 1 ? normal.replace(/\/+$/, "") || "/" : normal);
}

function relative(text: string, start: string): string {
  const [from, to] = [start, text].map((one) => path.normalize(one));
  if (path.isAbsolute(from as string) !== path.isAbsolute(to as string)) {
    throw templateError(
      "`relpath` of one absolute and one relative path depends on the current directory",
      "give two paths of one kind",
    );
  }
  const base = (one: string): string => (path.isAbsolute(one) ? one : `/${one}`);
  return path.relative(base(from as string), base(to as string)) || ".";
}

function commonPath(value: unknown): string {
  if (!isList(value) || value.length === 0)
    throw templateError(`\`commonpath\` needs a list of paths, got ${describeValue(value)}`);
  const paths = value.map((one) => toText(one));
  const absolute = paths[0]?.startsWith("/") ?? false;
  if (paths.some((one) => one.startsWith("/") !== absolute))
    throw templateError("absolute and relative paths have nothing in common");
  const split = paths.map((one) => one.split("/").filter((part) => part !== "" && part !== "."));
  const [first = []] = split;
  const length = first.findIndex((part, at) => split.some((other) => other[at] !== part));
  return (absolute ? "/" : "") + first.slice(0, length === -1 ? first.length : length).join("/");
}

function expandUser(frame: Frame, text: string): string {
  const match = /^~([^/]*)(.*)$/s.exec(text);
  if (!match) return text;
  const home = frame.env.home?.(match[1] === "" ? undefined : match[1]);
  return home === undefined ? text : `${home.replace(/\/+$/, "")}${match[2] ?? ""}` || "/";
}
