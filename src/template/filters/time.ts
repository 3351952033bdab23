import { framePlugin, plugin } from "../callable.ts";
import { DateTime } from "../datetime.ts";
import type { Frame } from "../frame.ts";
import { toText } from "../python-repr.ts";
import { formatTime, parseTime } from "../strftime.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { describeValue, isNumber, toNumber } from "../values.ts";
import type { PluginTable } from "./table.ts";

export const timeFilters: PluginTable = {
  strftime: framePlugin("second?, utc?", strftime),
  to_datetime: plugin(
    "format?",
    (value: unknown, format: unknown = "%Y-%m-%d %H:%M:%S") => new DateTime(parseTime(toText(value), toText(format))),
  ),
};

function strftime(frame: Frame, format: unknown, second?: unknown, utc: unknown = false): string {
  const date =
    second === undefined || second === null ? frame.env.now?.() : new Date(Math.floor(seconds(second)) * 1000);
  if (!date) throw templateError("the current time is not available here");
  if (Number.isNaN(date.getTime())) throw templateError(`${describeValue(second)} is no moment`);
  if (isTruthy(utc))
    return formatTime(Object.assign(DateTime.utc(date), { zone: "UTC", offsetMinutes: 0 }), toText(format));
  const zone = /\(([^)]+)\)/.exec(date.toString())?.[1] ?? "";
  const short = /\s/.test(zone)
    ? (date.toLocaleTimeString("en-US", { timeZoneName: "short" }).split(" ").at(-1) ?? "")
    : zone;
  return formatTime(
    Object.assign(DateTime.local(date), { zone: short, offsetMinutes: -date.getTimezoneOffset() }),
    toText(format),
  );
}

function seconds(value: unknown): number {
  const number = isNumber(value) ? toNumber(value) : Number(toText(value));
  if (Number.isNaN(number)) throw templateError(`the moment is a number of seconds, got ${describeValue(value)}`);
  return number;
}
