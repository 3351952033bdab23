import { templateError } from "./template-error.ts";

/** A moment as its parts on some clock: what `strftime` prints and `strptime` reads. */
export interface TimeParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  /** Minutes east of UTC; undefined when the moment has no zone. */
  readonly offsetMinutes?: number | undefined;
  readonly zone?: string | undefined;
  /** Seconds since 1970. */
  readonly epoch: number;
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

const pad = (value: number, width = 2, fill = "0"): string => String(value).padStart(width, fill);

/** C's `strftime` in the C locale, with Python's `%f`. */
export function formatTime(time: TimeParts, format: string): string {
  return format.replace(/%([-_0^#]?)([A-Za-z%])/g, (whole, flag: string, code: string) => {
    const text = field(time, code);
    if (text === undefined) return whole;
    if (flag === "-") return text.replace(/^[0 ]+(?=\d)/, "");
    if (flag === "_") return text.replace(/^0+(?=\d)/, (zeros) => " ".repeat(zeros.length));
    if (flag === "^") return text.toUpperCase();
    return text;
  });
}

function field(time: TimeParts, code: string): string | undefined {
  const weekday = weekdayOf(time);
  const yearDay = yearDayOf(time);
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  switch (code) {
    case "Y":
      return String(time.year);
    case "C":
      return pad(Math.floor(time.year / 100));
    case "y":
      return pad(time.year % 100);
    case "m":
      return pad(time.month);
    case "d":
      return pad(time.day);
    case "e":
      return pad(time.day, 2, " ");
    case "H":
      return pad(time.hour);
    case "k":
      return pad(time.hour, 2, " ");
    case "I":
      return pad(hour12);
    case "l":
      return pad(hour12, 2, " ");
    case "M":
      return pad(time.minute);
    case "S":
      return pad(time.second);
    case "f":
      return pad(time.microsecond, 6);
    case "p":
      return time.hour < 12 ? "AM" : "PM";
    case "P":
      return time.hour < 12 ? "am" : "pm";
    case "a":
      return DAYS[weekday]?.slice(0, 3);
    case "A":
      return DAYS[weekday];
    case "b":
    case "h":
      return MONTHS[time.month - 1]?.slice(0, 3);
    case "B":
      return MONTHS[time.month - 1];
    case "j":
      return pad(yearDay, 3);
    case "u":
      return String(weekday === 0 ? 7 : weekday);
    case "w":
      return String(weekday);
    case "U":
      return pad(Math.floor((yearDay + 6 - weekday) / 7));
    case "W":
      return pad(Math.floor((yearDay + 6 - ((weekday + 6) % 7)) / 7));
    case "V":
      return pad(isoWeek(time).week);
    case "G":
      return String(isoWeek(time).year);
    case "g":
      return pad(isoWeek(time).year % 100);
    case "z":
      return time.offsetMinutes === undefined ? "" : zoneText(time.offsetMinutes);
    case "Z":
      return time.zone ?? "";
    case "s":
      return String(Math.floor(time.epoch));
    case "c":
      return formatTime(time, "%a %b %e %H:%M:%S %Y");
    case "x":
    case "D":
      return formatTime(time, "%m/%d/%y");
    case "X":
    case "T":
      return formatTime(time, "%H:%M:%S");
    case "r":
      return formatTime(time, "%I:%M:%S %p");
    case "R":
      return formatTime(time, "%H:%M");
    case "F":
      return formatTime(time, "%Y-%m-%d");
    case "n":
      return "\n";
    case "t":
      return "\t";
    case "%":
      return "%";
    default:
      return undefined;
  }
}

function zoneText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}${pad(size % 60)}`;
}

function civil(time: Pick<TimeParts, "year" | "month" | "day">): number {
  return Date.UTC(time.year, time.month - 1, time.day) / 86_400_000;
}

/** 0 is Sunday. */
export function weekdayOf(time: TimeParts): number {
  return (((civil(time) + 4) % 7) + 7) % 7;
}

export function yearDayOf(time: TimeParts): number {
  return civil(time) - civil({ year: time.year, month: 1, day: 1 }) + 1;
}

export function isoWeek(time: TimeParts): { readonly year: number; readonly week: number } {
  const day = civil(time);
  const monday = (weekdayOf(time) + 6) % 7;
  const thursday = new Date((day - monday + 3) * 86_400_000);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() / 86_400_000 - civil({ year, month: 1, day: 1 })) / 7) + 1;
  return { year, week };
}

const PATTERNS: Readonly<Record<string, string>> = {
  Y: "(?<Y>\\d{4})",
  y: "(?<y>\\d{2})",
  m: "(?<m>1[0-2]|0[1-9]|[1-9])",
  d: "(?<d>3[01]|[12]\\d|0[1-9]|[1-9]| [1-9])",
  H: "(?<H>2[0-3]|[01]\\d|\\d)",
  I: "(?<I>1[0-2]|0[1-9]|[1-9])",
  M: "(?<M>[0-5]\\d|\\d)",
  S: "(?<S>6[01]|[0-5]\\d|\\d)",
  f: "(?<f>\\d{1,6})",
  p: "(?<p>am|pm)",
  j: "(?<j>\\d{1,3})",
  z: "(?<z>[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d)?|Z)",
  Z: "(?<Z>utc|gmt|[a-z]{3,5})",
  a: "(?:sun|mon|tue|wed|thu|fri|sat)",
  A: "(?:sunday|monday|tuesday|wednesday|thursday|friday|saturday)",
  b: `(?<b>${MONTHS.map((name) => name.slice(0, 3)).join("|")})`,
  B: `(?<B>${MONTHS.join("|")})`,
  w: "[0-6]",
  u: "[1-7]",
  U: "\\d{1,2}",
  W: "\\d{1,2}",
  "%": "%",
};
const SHORTHANDS: Readonly<Record<string, string>> = {
  T: "%H:%M:%S",
  X: "%H:%M:%S",
  D: "%m/%d/%y",
  x: "%m/%d/%y",
  F: "%Y-%m-%d",
  R: "%H:%M",
  c: "%a %b %d %H:%M:%S %Y",
};

/** Python's `strptime`: parts of a date text in a format. */
export function parseTime(text: string, format: string): Omit<TimeParts, "epoch"> {
  const long = format.replace(/%([TXDxFRc])/g, (_, code: string) => SHORTHANDS[code] as string);
  const pattern = long.replace(/%([A-Za-z%])|([\\^$.*+?()[\]{}|/-])|\s+/g, (whole, code?: string, special?: string) => {
    if (special) return `\\${special}`;
    if (!code) return "\\s+";
    const known = Object.hasOwn(PATTERNS, code) ? PATTERNS[code] : undefined;
    if (!known) throw templateError(`unknown directive \`${whole}\` in the date format`);
    return known;
  });
  const groups = new RegExp(`^${pattern}$`, "i").exec(text)?.groups;
  if (!groups)
    throw templateError(
      `the date "${text}" does not match the format \`${format}\``,
      "give the format: `| to_datetime('%Y-%m-%d')`",
    );
  const number = (name: string, fallback: number): number =>
    groups[name] === undefined ? fallback : Number(groups[name]);
  const short = groups["y"] === undefined ? undefined : Number(groups["y"]) + (Number(groups["y"]) < 69 ? 2000 : 1900);
  const name = groups["b"] ?? groups["B"]?.slice(0, 3);
  const named =
    name === undefined ? -1 : MONTHS.findIndex((month) => month.slice(0, 3).toLowerCase() === name.toLowerCase());
  const half = groups["p"]?.toLowerCase();
  const hour12 = groups["I"] === undefined ? undefined : (Number(groups["I"]) % 12) + (half === "pm" ? 12 : 0);
  return {
    year: number("Y", short ?? 1900),
    month: named >= 0 ? named + 1 : number("m", 1),
    day: number("d", 1),
    hour: hour12 ?? number("H", 0),
    minute: number("M", 0),
    second: number("S", 0),
    microsecond: Number((groups["f"] ?? "0").padEnd(6, "0")),
    offsetMinutes: groups["z"] === undefined ? undefined : offset(groups["z"]),
  };
}

function offset(text: string): number {
  if (text === "Z") return 0;
  const digits = text.replaceAll(":", "");
  return (digits.startsWith("-") ? -1 : 1) * (Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5)));
}
