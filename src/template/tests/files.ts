import { framePlugin, plugin } from "../callable.ts";
import type { FileTests } from "../environment.ts";
import type { PluginTable } from "../filters/table.ts";
import type { Frame } from "../frame.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";

type Check = (files: FileTests, path: string) => boolean;

const onFiles = (check: Check) =>
  framePlugin("", (frame: Frame, value: unknown) => {
    if (!frame.env.files) throw templateError("tests of files are not available here");
    return check(frame.env.files, toText(value));
  });

const isDirectory = onFiles((files, path) => files.kind(path) === "directory");
const isFile = onFiles((files, path) => files.kind(path) === "file");
const isLink = onFiles((files, path) => files.isLink(path));
const isMount = onFiles((files, path) => files.isMount(path));
const isAbsolute = plugin("", (value: unknown) => toText(value).startsWith("/"));
const isSame = framePlugin("other", (frame: Frame, value: unknown, other: unknown) => {
  if (!frame.env.files) throw templateError("tests of files are not available here");
  return frame.env.files.isSame(toText(value), toText(other));
});

/** Tests of files on the controller; the environment answers them. */
export const fileTests: PluginTable = {
  directory: isDirectory,
  is_dir: isDirectory,
  file: isFile,
  is_file: isFile,
  link: isLink,
  is_link: isLink,
  exists: onFiles((files, path) => files.kind(path) !== undefined),
  link_exists: onFiles((files, path) => files.kind(path) !== undefined || files.isLink(path)),
  abs: isAbsolute,
  is_abs: isAbsolute,
  same_file: isSame,
  is_same_file: isSame,
  mount: isMount,
  is_mount: isMount,
};
