/**
 * A host as inventories write it: `web[01:10:2].example.org:2222` is five hosts and a port. Problems come back as text, because the
 * caller knows the place.
 */
export interface HostEntry {
  readonly names: readonly string[];
  readonly port: number | undefined;
}

/** More hosts than that from one line are a typing error. */
const MAX_HOSTS = 65_536;

/** Names and port of a host entry, or what is wrong with it. */
export function expandHostEntry(entry: string): HostEntry | string {
  const { address, port } = splitPort(entry);
  const names = expandRanges(address);
  return typeof names === "string" ? names : { names, port };
}

/** True for a text that is one host with an optional port, not a list of patterns (`parsing/utils/addresses.py`). */
export function isHostAddress(text: string): boolean {
  const { address } = splitPort(text);
  return IPV4.test(address) || isIpv6(address) || HOST_NAME.test(address);
}

const LABEL = String.raw`(?:\w|\[(?:[a-z]:[a-z]|\d+:\d+)(?::\d+)?\])(?:[\w-]|\[(?:[a-z]:[a-z]|\d+:\d+)(?::\d+)?\])*(?<![_-])`;
const HOST_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, "iu");
const OCTET = String.raw`(?:[01]?\d{1,2}|2[0-4]\d|25[0-5]|\[\d+:\d+(?::\d+)?\])`;
const IPV4 = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`);

function isIpv6(address: string): boolean {
  const plain = address.replace(/\[[0-9a-f]+:[0-9a-f]+(?::\d+)?\]/gi, "0");
  return /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(plain) && plain.split("::").length <= 2;
}

function splitPort(entry: string): { address: string; port: number | undefined } {
  const match = /^\[(.+)\]:(\d+)$/.exec(entry) ?? /^((?:[^:[\]]|\[[^\]]*\])*):(\d+)$/.exec(entry);
  if (match === null) return { address: entry, port: undefined };
  const address = match[1] as string;
  const isAddress = IPV4.test(address) || isIpv6(address) || HOST_NAME.test(address);
  return isAddress ? { address, port: Number(match[2]) } : { address: entry, port: undefined };
}

function expandRanges(text: string): readonly string[] | string {
  const match = /^([^[]*)\[([^\]]*)\](.*)$/s.exec(text);
  if (match === null) return text.includes("[") ? `\`[\` without \`]\` in \`${text}\`` : [text];
  const [, head, range = "", tail = ""] = match;
  const values = rangeValues(range);
  if (typeof values === "string") return values;
  const tails = expandRanges(tail);
  if (typeof tails === "string") return tails;
  if (values.length * tails.length > MAX_HOSTS) return `range \`[${range}]\` makes more than ${MAX_HOSTS} hosts`;
  return values.flatMap((value) => tails.map((rest) => `${head}${value}${rest}`));
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Both ends are included; a leading zero keeps the width. */
function rangeValues(range: string): readonly string[] | string {
  const parts = range.split(":");
  const [first = "", last = "", stepText = "1"] = parts;
  if (parts.length < 2 || parts.length > 3 || last === "" || !/^[1-9]\d*$/.test(stepText)) {
    return `expected a range such as \`[1:5]\` or \`[01:10:2]\`, got \`[${range}]\``;
  }
  const begin = first || "0";
  const step = Number(stepText);
  if (/^[a-z]$/i.test(begin) && /^[a-z]$/i.test(last)) {
    const from = LETTERS.indexOf(begin);
    const to = LETTERS.indexOf(last);
    if (from > to) return `range \`[${range}]\` ends before it begins`;
    return LETTERS.slice(from, to + 1)
      .split("")
      .filter((_, index) => index % step === 0);
  }
  if (!/^\d+$/.test(begin) || !/^\d+$/.test(last)) return `expected numbers or letters, got \`[${range}]\``;
  const width = begin.length > 1 && begin.startsWith("0") ? begin.length : 0;
  if (width > 0 && last.length !== width) return `expected ends of the same width, got \`[${range}]\``;
  const [from, to] = [Number(begin), Number(last)];
  if (from > to) return `range \`[${range}]\` ends before it begins`;
  if ((to - from) / step > MAX_HOSTS) return `range \`[${range}]\` makes more than ${MAX_HOSTS} hosts`;
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) =>
    String(from + index * step).padStart(width, "0"),
  );
}
