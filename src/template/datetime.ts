import { toFloat } from "../lib/float.ts";
import type { BinaryOperator } from "./ast.ts";
import { callable } from "./callable.ts";
import { formatTime, isoWeek, type TimeParts, weekdayOf } from "./strftime.ts";
import { templateError } from "./template-error.ts";
import { isNumber, TemplateObject, Tuple, toNumber } from "./values.ts";

const pad = (value: number, width = 2): string => String(value).padStart(width, "0");

/** Python's `datetime`: what `now()` and `to_datetime` give. */
export class DateTime extends TemplateObject implements TimeParts {
  readonly typeName = "datetime";
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  readonly offsetMinutes: number | undefined;
  readonly zone: string | undefined;
  readonly epoch: number;
  /** Microseconds since 1970 on this clock, without its zone. */
  readonly #micros: number;

  constructor(parts: Omit<TimeParts, "epoch">, epoch?: number) {
    super();
    this.year = parts.year;
    this.month = parts.month;
    this.day = parts.day;
    this.hour = parts.hour;
    this.minute = parts.minute;
    this.second = parts.second;
    this.microsecond = parts.microsecond;
    this.offsetMinutes = parts.offsetMinutes;
    this.zone = parts.zone;
    this.#micros =
      Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) * 1000 +
      parts.microsecond;
    this.epoch = epoch ?? this.#micros / 1e6 - (parts.offsetMinutes ?? 0) * 60;
  }

  /** A date on the controller's clock, as Python's naive `datetime.now()`. */
  static local(date: Date): DateTime {
    return new DateTime(
      {
        year: date.getFullYear(),
        month: date.getMonth() + 1,
        day: date.getDate(),
        hour: date.getHours(),
        minute: date.getMinutes(),
        second: date.getSeconds(),
        microsecond: date.getMilliseconds() * 1000,
      },
      date.getTime() / 1000,
    );
  }

  static utc(date: Date): DateTime {
    return DateTime.fromMicros(date.getTime() * 1000, undefined);
  }

  static fromMicros(micros: number, offsetMinutes: number | undefined): DateTime {
    const date = new Date(Math.floor(micros / 1000));
    return new DateTime({
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      microsecond: ((micros % 1e6) + 1e6) % 1e6,
      offsetMinutes,
    });
  }

  attribute(name: string): unknown {
    switch (name) {
      case "year":
      case "month":
      case "day":
      case "hour":
      case "minute":
      case "second":
      case "microsecond":
        return this[name];
      case "strftime":
        return callable(name, "format", (format: string) => formatTime(this, format));
      case "isoformat":
        return callable(name, "sep?", (separator: unknown = "T") => this.iso(String(separator)));
      case "timestamp":
        return callable(name, "", () => toFloat(this.epoch));
      case "weekday":
        return callable(name, "", () => (weekdayOf(this) + 6) % 7);
      case "isoweekday":
        return callable(name, "", () => weekdayOf(this) || 7);
      case "isocalendar":
        return callable(name, "", () => Tuple.of2(isoWeek(this).year, isoWeek(this).week, weekdayOf(this) || 7));
      case "date":
        return callable(name, "", () => this.#at({ hour: 0, minute: 0, second: 0, microsecond: 0 }));
      case "replace":
        return callable(
          name,
          "year?, month?, day?, hour?, minute?, second?, microsecond?",
          (...parts: (number | undefined)[]) => {
            const names = ["year", "month", "day", "hour", "minute", "second", "microsecond"] as const;
            const given = names.flatMap((part, index) => (parts[index] === undefined ? [] : [[part, parts[index]]]));
            return this.#at(Object.fromEntries(given) as Partial<TimeParts>);
          },
        );
      default:
        return undefined;
    }
  }

  /** `2026-01-02T03:04:05`, with microseconds and zone where there are some. */
  iso(separator = "T"): string {
    const date = `${pad(this.year, 4)}-${pad(this.month)}-${pad(this.day)}`;
    const micro = this.microsecond ? `.${pad(this.microsecond, 6)}` : "";
    const zone = this.offsetMinutes === undefined ? "" : formatTime(this, "%z").replace(/(\d\d)$/, ":$1");
    return `${date}${separator}${pad(this.hour)}:${pad(this.minute)}:${pad(this.second)}${micro}${zone}`;
  }

  print(): string {
    return this.iso(" ");
  }

  toJSON(): string {
    return this.iso();
  }

  format(spec: string): string {
    return spec === "" ? this.print() : formatTime(this, spec);
  }

  operate(operator: BinaryOperator, other: unknown): unknown {
    if (operator === "-" && other instanceof DateTime) {
      const zones = (this.offsetMinutes === undefined) !== (other.offsetMinutes === undefined);
      if (zones) throw templateError("a date with a zone and one without cannot be subtracted");
      const shift = ((this.offsetMinutes ?? 0) - (other.offsetMinutes ?? 0)) * 60e6;
      return new TimeDelta(this.#micros - other.#micros - shift);
    }
    if (!(other instanceof TimeDelta) || (operator !== "+" && operator !== "-")) return undefined;
    return DateTime.fromMicros(this.#micros + (operator === "+" ? other.micros : -other.micros), this.offsetMinutes);
  }

  compareTo(other: unknown): number | undefined {
    return other instanceof DateTime ? this.#micros - other.#micros : undefined;
  }

  #at(change: Partial<TimeParts>): DateTime {
    const { year, month, day, hour, minute, second, microsecond, offsetMinutes, zone } = this;
    return new DateTime({ year, month, day, hour, minute, second, microsecond, offsetMinutes, zone, ...change });
  }
}

/** Python's `timedelta`: the difference of two dates. */
export class TimeDelta extends TemplateObject {
  readonly typeName = "timedelta";
  readonly micros: number;

  constructor(micros: number) {
    super();
    this.micros = micros;
  }

  attribute(name: string): unknown {
    const days = Math.floor(this.micros / 86_400e6);
    const rest = this.micros - days * 86_400e6;
    if (name === "days") return days;
    if (name === "seconds") return Math.floor(rest / 1e6);
    if (name === "microseconds") return rest % 1e6;
    return name === "total_seconds" ? callable(name, "", () => toFloat(this.micros / 1e6)) : undefined;
  }

  print(): string {
    const days = Math.floor(this.micros / 86_400e6);
    const seconds = Math.floor((this.micros - days * 86_400e6) / 1e6);
    const micro = this.micros - days * 86_400e6 - seconds * 1e6;
    const head = days === 0 ? "" : `${days} day${Math.abs(days) === 1 ? "" : "s"}, `;
    const clock = `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
    return `${head}${clock}${micro ? `.${pad(micro, 6)}` : ""}`;
  }

  toJSON(): number {
    return this.micros / 1e6;
  }

  operate(operator: BinaryOperator, other: unknown): unknown {
    if (other instanceof TimeDelta) {
      if (operator === "+") return new TimeDelta(this.micros + other.micros);
      if (operator === "-") return new TimeDelta(this.micros - other.micros);
      if (operator === "/") return toFloat(this.micros / other.micros);
    }
    if (isNumber(other) && operator === "*") return new TimeDelta(this.micros * toNumber(other));
    if (isNumber(other) && operator === "/") return new TimeDelta(this.micros / toNumber(other));
    return undefined;
  }

  compareTo(other: unknown): number | undefined {
    return other instanceof TimeDelta ? this.micros - other.micros : undefined;
  }
}
