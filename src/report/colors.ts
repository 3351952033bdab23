/** Ansible's colours by meaning, so that a log looks the way people know it. */
export interface Paint {
  readonly ok: Painter;
  readonly changed: Painter;
  readonly skipped: Painter;
  readonly failed: Painter;
  readonly unreachable: Painter;
  readonly ignored: Painter;
  readonly warning: Painter;
  readonly added: Painter;
  readonly removed: Painter;
  readonly hunk: Painter;
  readonly dim: Painter;
  readonly bold: Painter;
}

export type Painter = (text: string) => string;

export function createPaint(hasColor: boolean): Paint {
  const sgr = (codes: string): Painter => (hasColor ? (text) => eachLine(text, codes) : (text) => text);
  return {
    ok: sgr("32"),
    changed: sgr("33"),
    skipped: sgr("36"),
    failed: sgr("31"),
    unreachable: sgr("1;31"),
    ignored: sgr("35"),
    warning: sgr("1;35"),
    added: sgr("32"),
    removed: sgr("31"),
    hunk: sgr("36"),
    dim: sgr("2"),
    bold: sgr("1"),
  };
}

/**
 * Whether to colour what is written to a stream. `--color` and `--no-color` win, then FORCE_COLOR, NO_COLOR
 * (https://no-color.org: any non-empty value) and Ansible's own two, then whether it is a terminal that can.
 */
export function wantsColor(
  said: boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
  stream: { readonly isTTY?: boolean | undefined },
): boolean {
  if (said !== undefined) return said;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "")
    return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  if (env.ANSIBLE_FORCE_COLOR !== undefined) return /^(?:1|true|yes|on)$/i.test(env.ANSIBLE_FORCE_COLOR);
  if (env.NO_COLOR || env.ANSIBLE_NOCOLOR) return false;
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** Each line is coloured by itself, so that a line cut out of a log stands alone. */
function eachLine(text: string, codes: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : `\x1b[${codes}m${line}\x1b[0m`))
    .join("\n");
}
