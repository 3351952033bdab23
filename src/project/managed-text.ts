import { hostname } from "node:os";
import { formatTime } from "../template/strftime.ts";

/** Value of `ansible_managed` in a template file: the setting with `{host}`, `{uid}` and `{file}`, and with the time of the file's last change. */
export function managedText(
  pattern: string,
  file: { readonly path: string; readonly owner: string; readonly mtime: Date },
): string {
  const { path, owner, mtime } = file;
  const text = pattern.replaceAll("{host}", hostname()).replaceAll("{uid}", owner).replaceAll("{file}", path);
  if (!text.includes("%")) return text;
  return formatTime(
    {
      year: mtime.getFullYear(),
      month: mtime.getMonth() + 1,
      day: mtime.getDate(),
      hour: mtime.getHours(),
      minute: mtime.getMinutes(),
      second: mtime.getSeconds(),
      microsecond: 0,
      epoch: Math.floor(mtime.getTime() / 1000),
    },
    text,
  );
}
