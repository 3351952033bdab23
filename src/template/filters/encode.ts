import { createHash } from "node:crypto";
import { decodeBytes, encodeBytes } from "../../lib/bytes.ts";
import { messageOf } from "../../lib/errors.ts";
import { parseYaml } from "../../yaml/parse-yaml.ts";
import { framePlugin, type NamedArguments, plugin } from "../callable.ts";
import type { Frame } from "../frame.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { describeValue, isInteger, isList } from "../values.ts";
import { dumpYaml } from "../yaml-dump.ts";
import { dumpJson } from "./json-dump.ts";
import { parseJson } from "./json-parse.ts";
import type { PluginTable } from "./table.ts";

/** Filters that encode, decode and hash. */
export const encodeFilters: PluginTable = {
  b64encode: plugin("encoding?, urlsafe?", (value: unknown, encoding: unknown = "utf-8") =>
    textToBytes(toText(value), encoding).toString("base64"),
  ),
  b64decode: plugin("encoding?, urlsafe?", (value: unknown, encoding: unknown = "utf-8") =>
    bytesToText(Buffer.from(toText(value), "base64"), encoding),
  ),
  hash: plugin("hashtype?", (value: unknown, algorithm: unknown = "sha1") => digest(value, toText(algorithm))),
  md5: plugin("", (value: unknown) => digest(value, "md5")),
  sha1: plugin("", (value: unknown) => digest(value, "sha1")),
  checksum: plugin("", (value: unknown) => digest(value, "sha1")),
  to_uuid: plugin("namespace?", toUuid),
  to_json: plugin("*args, **options", (value: unknown, _args: unknown, options: NamedArguments) =>
    dumpJson(value, jsonStyle(options)),
  ),
  to_nice_json: plugin(
    "indent?, sort_keys?, **options",
    (value: unknown, indent: unknown = 4, sortKeys: unknown = true, options: NamedArguments = new Map()) =>
      dumpJson(value, {
        separators: [",", ": "],
        ...jsonStyle(new Map([...options, ["indent", indent], ["sort_keys", sortKeys]])),
      }),
  ),
  from_json: plugin("**options", (value: unknown) =>
    typeof value === "string" ? parseJson(value) : notText(value, "from_json"),
  ),
  to_yaml: plugin("*args, **options", (value: unknown, _args: unknown, options: NamedArguments) =>
    dumpYaml(value, yamlStyle(options)),
  ),
  to_nice_yaml: plugin(
    "indent?, **options",
    (value: unknown, indent: unknown = 4, options: NamedArguments = new Map()) =>
      dumpYaml(value, { ...yamlStyle(options), indent: Number(indent), flow: false }),
  ),
  from_yaml: plugin("", (value: unknown) => fromYaml(value)[0] ?? null),
  from_yaml_all: plugin("", (value: unknown) => fromYaml(value)),
  vault: framePlugin("secret, vault_id?, salt?, wrap_object?", vault),
  unvault: framePlugin("secret, vault_id?", unvault),
};

function textToBytes(text: string, encoding: unknown): Buffer {
  return isUtf16(encoding) ? Buffer.from(text, "utf16le") : Buffer.from(encodeBytes(text));
}

function bytesToText(bytes: Buffer, encoding: unknown): string {
  return isUtf16(encoding) ? bytes.toString("utf16le") : decodeBytes(bytes);
}

function isUtf16(encoding: unknown): boolean {
  return /^utf-?16-?le$/i.test(toText(encoding));
}

function digest(value: unknown, algorithm: string): string {
  try {
    return createHash(
      algorithm
        .replace(/^blake2([bs])$/, (_, kind: string) => `blake2${kind}${kind === "b" ? 512 : 256}`)
        .replace("_", "-"),
    )
      .update(encodeBytes(toText(value)))
      .digest("hex");
  } catch (error) {
    throw templateError(`unknown hash \`${algorithm}\`: ${messageOf(error)}`, "for example `sha256` or `md5`");
  }
}

/** Ansible's own namespace for name-based UUIDs (`UUID_NAMESPACE_ANSIBLE`). */
const ANSIBLE_NAMESPACE = "361E6D51-FAEC-444A-9079-341386DA8E2E";

function toUuid(value: unknown, namespace: unknown = ANSIBLE_NAMESPACE): string {
  const space = toText(namespace).replace(/^urn:uuid:|[{}-]/gi, "");
  if (!/^[\da-f]{32}$/i.test(space)) throw templateError(`the namespace is a UUID, got ${describeValue(namespace)}`);
  const hash = createHash("sha1")
    .update(Buffer.from(space, "hex"))
    .update(encodeBytes(toText(value)))
    .digest()
    .subarray(0, 16);
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function jsonStyle(options: NamedArguments): Parameters<typeof dumpJson>[1] {
  const indent = options.get("indent");
  const separators = options.get("separators");
  return {
    sortKeys: isTruthy(options.get("sort_keys") ?? false),
    ensureAscii: isTruthy(options.get("ensure_ascii") ?? true),
    indent: typeof indent === "string" ? indent : isInteger(indent) ? Number(indent) : undefined,
    ...(isList(separators) ? { separators: [toText(separators[0]), toText(separators[1])] } : {}),
  };
}

function yamlStyle(options: NamedArguments): Parameters<typeof dumpYaml>[1] {
  const flow = options.get("default_flow_style");
  const number = (name: string): number | undefined =>
    isInteger(options.get(name)) ? Number(options.get(name)) : undefined;
  const quote = options.get("default_style");
  const style = quote === '"' || quote === "'" || quote === "|" || quote === ">" ? quote : undefined;
  return {
    flow: flow === undefined || flow === null ? undefined : isTruthy(flow),
    indent: number("indent"),
    width: number("width"),
    sortKeys: isTruthy(options.get("sort_keys") ?? true),
    explicitStart: isTruthy(options.get("explicit_start") ?? false),
    explicitEnd: isTruthy(options.get("explicit_end") ?? false),
    style,
  };
}

function notText(value: unknown, filter: string): never {
  throw templateError(
    `\`${filter}\` needs text, got ${describeValue(value)}`,
    "the value is parsed already: leave the filter out",
  );
}

function fromYaml(value: unknown): readonly unknown[] {
  if (typeof value !== "string") return [value];
  try {
    return parseYaml({ path: "<from_yaml>", text: value });
  } catch (error) {
    throw templateError(`the text is no YAML: ${messageOf(error)}`);
  }
}

function vault(frame: Frame, value: unknown, secret: unknown, id?: unknown, salt?: unknown): string {
  if (!frame.env.vault) throw templateError("`vault` is not available here");
  const options = {
    ...(id === undefined ? {} : { id: toText(id) }),
    ...(salt === undefined || salt === null ? {} : { salt: toText(salt) }),
  };
  return frame.env.vault.encrypt(toText(value), toText(secret), options);
}

function unvault(frame: Frame, value: unknown, secret: unknown, id?: unknown): unknown {
  if (!frame.env.vault) throw templateError("`unvault` is not available here");
  const text = toText(value);
  if (!text.startsWith("$ANSIBLE_VAULT;")) return text;
  return frame.env.vault.decrypt(text, toText(secret), id === undefined ? undefined : toText(id));
}
