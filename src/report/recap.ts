import type { HostRecap } from "../run/events.ts";
import type { Paint, Painter } from "./colors.ts";
import { displayWidth, padToWidth } from "./display-width.ts";
import { escapeLine } from "./escape-controls.ts";

/**
 * The lines under `PLAY RECAP`, host by host in order of name, with Ansible's words and widths. The host column grows
 * with the longest name so that the counts stay aligned; `unknown=` appears only where there is something unknown. In a
 * window of fewer `columns` each cell is only as wide as its widest count.
 */
export function recapLines(
  recap: Readonly<Record<string, HostRecap>>,
  paint: Paint,
  columns: number = Number.POSITIVE_INFINITY,
): string[] {
  const hosts = Object.keys(recap).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const longest = hosts.reduce((width, host) => Math.max(width, displayWidth(escapeLine(host))), 0);
  const wide = Math.max(26, longest);
  const isNarrow = wide + WIDE_CELLS > columns;
  const digits = (count: keyof HostRecap): number =>
    isNarrow ? Math.max(...hosts.map((host) => String(recap[host]?.[count] ?? 0).length)) : 4;
  return hosts.map((host) => recapLine(host, recap[host] as HostRecap, isNarrow ? longest : wide, digits, paint));
}

/** ` : ` and Ansible's seven cells. */
const WIDE_CELLS = 88;

function recapLine(
  host: string,
  counts: HostRecap,
  width: number,
  digits: (count: keyof HostRecap) => number,
  paint: Paint,
): string {
  const cell = (word: keyof HostRecap, painter: Painter): string => {
    const text = `${word}=${String(counts[word]).padEnd(digits(word))}`;
    return counts[word] === 0 ? text : painter(text);
  };
  const cells = [
    cell("ok", paint.ok),
    cell("changed", paint.changed),
    cell("unreachable", paint.unreachable),
    cell("failed", paint.failed),
    cell("skipped", paint.skipped),
    cell("rescued", paint.ok),
    cell("ignored", paint.ignored),
  ];
  if (counts.unknown > 0) cells.push(cell("unknown", paint.ignored));
  const name = hostPainter(counts, paint)(padToWidth(escapeLine(host), width));
  return `${name} : ${cells.join(" ")}`.trimEnd();
}

function hostPainter(counts: HostRecap, paint: Paint): Painter {
  if (counts.failed > 0 || counts.unreachable > 0) return paint.failed;
  return counts.changed > 0 ? paint.changed : paint.ok;
}
