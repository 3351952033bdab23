import { plugin } from "../callable.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { makeDict } from "../values.ts";
import type { PluginTable } from "./table.ts";

export const urlFilters: PluginTable = {
  urlsplit: plugin("query?, alias?", urlSplit),
  urldecode: plugin("", (value: unknown) => percentDecode(toText(value).replaceAll("+", " "))),
};

export interface UrlParts {
  readonly scheme: string;
  readonly netloc: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

/** Python's `urllib.parse.urlsplit`: purely textual. */
export function splitUrl(url: string): UrlParts {
  const [, scheme = "", rest = ""] = /^(?:([A-Za-z][\w+.-]*):)?([\s\S]*)$/.exec(url.trim()) ?? [];
  const [, netloc = "", path = "", query = "", fragment = ""] =
    /^(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/.exec(rest) ?? [];
  return { scheme: scheme.toLowerCase(), netloc, path, query, fragment };
}

function urlSplit(value: unknown, part: unknown = ""): unknown {
  const { scheme, netloc, path, query, fragment } = splitUrl(toText(value));
  const [, user, password, host = ""] = /^(?:([^:@]*)(?::([^@]*))?@)?([\s\S]*)$/.exec(netloc) ?? [];
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(host) ?? [];
  const name = (bracketed ?? plain ?? "").toLowerCase();
  const all: Record<string, unknown> = {
    fragment,
    hostname: name === "" ? null : name,
    netloc,
    password: password ?? null,
    path,
    port: port === undefined || port === "" ? null : Number(port),
    query,
    scheme,
    username: user ?? null,
  };
  if (part === "" || part === null) return makeDict(Object.entries(all));
  const wanted = toText(part);
  if (!Object.hasOwn(all, wanted))
    throw templateError(`unknown part of a URL \`${wanted}\``, `it is one of ${Object.keys(all).join(", ")}`);
  return all[wanted];
}

function percentDecode(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"));
}
