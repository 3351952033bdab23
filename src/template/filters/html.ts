import { plugin } from "../callable.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { Undefined } from "../undefined.ts";
import { describeValue, dictEntries, isDict, iterate } from "../values.ts";
import { dumpJson } from "./json-dump.ts";
import type { PluginTable } from "./table.ts";

/** Filters for HTML and URLs. */
export const htmlFilters: PluginTable = {
  escape: plugin("", (value: unknown) => escapeHtml(toText(value))),
  e: plugin("", (value: unknown) => escapeHtml(toText(value))),
  forceescape: plugin("", (value: unknown) => escapeHtml(toText(value))),
  striptags: plugin("", (value: unknown) =>
    unescapeHtml(
      toText(value)
        .replace(/<!--[\s\S]*?-->|<[^>]*>/g, "")
        .split(/\s+/)
        .filter(Boolean)
        .join(" "),
    ),
  ),
  xmlattr: plugin("autospace?", xmlAttributes),
  urlencode: plugin("", urlEncode),
  urlize: plugin("trim_url_limit?, nofollow?, target?, rel?, extra_schemes?", urlize),
  tojson: plugin("indent?", (value: unknown, indent?: number | null) =>
    dumpJson(value, { sortKeys: true, indent: indent ?? undefined })
      .replaceAll("<", "\\u003c")
      .replaceAll(">", "\\u003e")
      .replaceAll("&", "\\u0026")
      .replaceAll("'", "\\u0027"),
  ),
};

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ENTITIES[c] as string);
}

function unescapeHtml(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return (name !== undefined && Object.hasOwn(named, name) ? named[name] : undefined) ?? whole;
  });
}

function xmlAttributes(value: unknown, autospace: unknown = true): string {
  if (!isDict(value)) throw templateError(`\`xmlattr\` needs a dict, got ${describeValue(value)}`);
  const pairs = dictEntries(value).filter(([, item]) => item !== null && !(item instanceof Undefined));
  for (const [key] of pairs) {
    if (/[\s/>=]/.test(toText(key))) throw templateError(`invalid character in the attribute name \`${toText(key)}\``);
  }
  const text = pairs.map(([key, item]) => `${escapeHtml(toText(key))}="${escapeHtml(toText(item))}"`).join(" ");
  return isTruthy(autospace) && text !== "" ? ` ${text}` : text;
}

/** Percent-encodes as Python's `quote`; a dict or list of pairs becomes a query string. */
function urlEncode(value: unknown): string {
  if (isDict(value) || (Array.isArray(value) && typeof value !== "string")) {
    const pairs = isDict(value) ? dictEntries(value) : iterate(value).map((pair) => iterate(pair));
    return pairs
      .map(
        ([key, item]) =>
          `${percentEncode(toText(key), "").replaceAll("%20", "+")}=${percentEncode(toText(item), "").replaceAll("%20", "+")}`,
      )
      .join("&");
  }
  return percentEncode(toText(value), "/");
}

export function percentEncode(text: string, safe: string): string {
  return Array.from(Buffer.from(text, "utf8"), (byte) => {
    const c = String.fromCharCode(byte);
    return /[\w.~-]/.test(c) || safe.includes(c) ? c : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

function urlize(
  value: unknown,
  limit?: number | null,
  nofollow: unknown = false,
  target?: string | null,
  rel?: string | null,
): string {
  const relations = new Set(
    [...(rel ?? "").split(/\s+/), ...(isTruthy(nofollow) ? ["nofollow"] : []), "noopener"].filter(Boolean),
  );
  const attributes = ` rel="${[...relations].sort().join(" ")}"${target ? ` target="${escapeHtml(target)}"` : ""}`;
  const shorten = (text: string): string => (limit && text.length > limit ? `${text.slice(0, limit)}...` : text);
  return escapeHtml(toText(value))
    .split(/(\s+)/)
    .map((word) => {
      const match = /^((?:[(<[]|&lt;)*)(.*?)((?:[.,)>\]]|&gt;)*)$/s.exec(word);
      const [, head = "", middle = "", tail = ""] = match ?? [];
      const url =
        /^(?:https?:\/\/|www\.)[^\s]+$/i.test(middle) ||
        /^[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|edu|gov|mil|int)(?:\/\S*)?$/i.test(middle);
      if (url) {
        const href = /^https?:\/\//i.test(middle) ? middle : `https://${middle}`;
        return `${head}<a href="${href}"${attributes}>${shorten(middle)}</a>${tail}`;
      }
      const mail = /^(?:mailto:)?([\w.+-]+@[\w-]+(?:\.[\w-]+)+)$/i.exec(middle);
      return mail ? `${head}<a href="mailto:${mail[1] as string}">${middle}</a>${tail}` : word;
    })
    .join("");
}
