import { createHash } from "node:crypto";
import { decodeBytes, encodeBytes } from "../lib/bytes.ts";
import { Float } from "../lib/float.ts";
import type { Content } from "../task/change.ts";
import type { Controller, LocalEntry } from "../task/controller.ts";
import { smallFileBytes } from "../state/file-checksum.ts";

/** What a file should contain. */
export interface NewContent {
  readonly content: Content;
  readonly size: number;
  readonly sha256: string;
  /** Ansible's `checksum` and `md5sum`; undefined for a file that is streamed. */
  readonly sha1: string | undefined;
  readonly md5: string | undefined;
  /** The same as text, for diffs and predictions; undefined for a file that is streamed. */
  readonly text: string | undefined;
  /** Where it comes from, as the header of a diff. */
  readonly label: string;
}

/** Bytes that the controller holds. */
export function contentOf(bytes: Uint8Array, label: string): NewContent {
  const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
  return {
    content: bytes,
    size: bytes.length,
    sha256: hash("sha256"),
    sha1: hash("sha1"),
    md5: hash("md5"),
    text: decodeBytes(bytes),
    label,
  };
}

/** A file of the controller: a small one is read (and decrypted, unless told otherwise), a big one will be streamed. */
export async function contentOfLocal(controller: Controller, entry: LocalEntry, decrypts = true): Promise<NewContent> {
  if (entry.size <= smallFileBytes)
    return contentOf(await (decrypts ? controller.read(entry.path) : controller.readRaw(entry.path)), entry.path);
  const sha256 = await controller.sha256(entry.path);
  return {
    content: { localPath: entry.path, size: entry.size, sha256 },
    size: entry.size,
    sha256,
    sha1: undefined,
    md5: undefined,
    text: undefined,
    label: entry.path,
  };
}

/** The bytes of a value that stands where a text is expected: mappings and lists become JSON as Python writes it. */
export function contentText(value: unknown): Uint8Array {
  if (typeof value === "object" && value !== null && !(value instanceof Float)) return encodeBytes(pythonJson(value));
  if (typeof value === "boolean") return encodeBytes(value ? "True" : "False");
  return encodeBytes(value === null || value === undefined ? "" : String(value as string | number | bigint | Float));
}

function pythonJson(value: unknown): string {
  if (value instanceof Float) return value.toString();
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = value instanceof Map ? [...value] : Object.entries(value);
    return `{${members.map(([key, member]) => `${pythonJson(String(key))}: ${pythonJson(member)}`).join(", ")}}`;
  }
  // Python's json.dumps writes ASCII only.
  const text = JSON.stringify(value) ?? "null";
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
