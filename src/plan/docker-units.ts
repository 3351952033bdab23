import { TaskFailure } from "../task/failure.ts";

const powers: Readonly<Record<string, number>> = { "": 0, B: 0, K: 1, M: 2, G: 3, T: 4, P: 5, E: 6, Z: 7, Y: 8 };

/** Bytes of a size as Ansible reads it: `512`, `64m`, `1.5GB`; a letter is 1024 times the one before. */
export function byteSize(option: string, text: string): number {
  const [, number = "", unit = ""] = /^\s*(\d*\.?\d*)\s*([A-Za-z]*)\s*$/.exec(text) ?? [];
  const power = /^(?:[YZEPTGMKB]|[YZEPTGMK]B)?$/.test(unit.length === 1 ? unit.toUpperCase() : unit)
    ? powers[unit.slice(0, 1).toUpperCase()]
    : undefined;
  if (power === undefined || number === "" || number === ".")
    throw new TaskFailure(`\`${option}\`: expected a size such as \`512m\`, got \`${text}\``);
  return Math.round(Number(number) * 1024 ** power);
}

/** Nanoseconds of a duration such as `1m30s`. */
export function nanoseconds(option: string, text: string): number {
  const found = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?(?:(\d+)us)?$/.exec(text);
  if (!found) throw new TaskFailure(`\`${option}\`: expected a duration such as \`1m30s\`, got \`${text}\``);
  const [hours, minutes, seconds, milli, micro] = found.slice(1).map((digits) => Number(digits ?? "0"));
  const whole = ((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
  return (whole * 1_000_000 + (milli ?? 0) * 1000 + (micro ?? 0)) * 1000;
}

/** A value as Python prints it, which is how Ansible turns options into texts. */
export function pythonText(value: unknown): string {
  return typeof value === "boolean" ? (value ? "True" : "False") : String(value);
}
