import { posix } from "node:path";

/** Joins the parts of a path of a host. */
export function joinPath(...parts: readonly string[]): string {
  return posix.join(...parts);
}

/** The directory in which a path lies. */
export function directoryOf(path: string): string {
  return posix.dirname(path);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return posix.basename(path);
}

/** A path without slashes at its end and without double ones, so that one file has one name. */
export function plainPath(path: string): string {
  return path.replace(/\/{2,}/g, "/").replace(/(?<=[^/])\/+$/, "");
}
