import { randomBytes } from "node:crypto";
import { Float } from "../lib/float.ts";
import type { Controller } from "./controller.ts";
import { TaskFailure } from "./failure.ts";

export type BodyFormat = "raw" | "json" | "form-urlencoded" | "form-multipart";

export interface HttpBody {
  readonly bytes: Uint8Array | undefined;
  readonly contentType?: string;
}

/** Turns `body` into bytes as Ansible's `uri` does; text is taken as it stands, except for a form of several parts. */
export async function encodeBody(body: unknown, format: BodyFormat, controller: Controller): Promise<HttpBody> {
  if (format === "form-multipart") return await encodeMultipart(body, controller);
  if (body === undefined || body === null) return { bytes: undefined };
  const text = (value: string) => new TextEncoder().encode(value);
  if (format === "json") {
    return { bytes: text(typeof body === "string" ? body : JSON.stringify(body)), contentType: "application/json" };
  }
  if (format === "form-urlencoded") {
    const encoded = typeof body === "string" ? body : encodeForm(body);
    return { bytes: text(encoded), contentType: "application/x-www-form-urlencoded" };
  }
  if (typeof body === "object" && !(body instanceof Float)) {
    throw new TaskFailure("`body` is a list or mapping: set `body_format` to `json` or `form-urlencoded`");
  }
  return { bytes: text(wordOf(body)) };
}

function encodeForm(body: unknown): string {
  const pairs: readonly unknown[] = Array.isArray(body) ? body : isMapping(body) ? Object.entries(body) : [];
  if (!Array.isArray(body) && !isMapping(body))
    throw new TaskFailure("cannot form-urlencode `body`: expected a mapping or a list of pairs");
  const form = new URLSearchParams();
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TaskFailure("cannot form-urlencode `body`: expected pairs of a name and a value");
    const [name, value] = pair as [unknown, unknown];
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== null && item !== undefined) form.append(wordOf(name), wordOf(item));
  }
  return form.toString();
}

/** RFC 7578. A field is text, or a mapping of `filename`, `content` and `mime_type`. */
async function encodeMultipart(body: unknown, controller: Controller): Promise<HttpBody> {
  if (!isMapping(body)) throw new TaskFailure("failed to parse body as form-multipart: expected a mapping of fields");
  const boundary = `=====${randomBytes(16).toString("hex")}==`;
  const parts: Uint8Array[] = [];
  for (const [name, field] of Object.entries(body)) {
    const { content, disposition, type } = await encodeField(name, field, controller);
    const head = `--${boundary}\r\nContent-Type: ${type}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
    parts.push(Buffer.from(head), content, Buffer.from("\r\n"));
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { bytes: Buffer.concat(parts), contentType: `multipart/form-data; boundary="${boundary}"` };
}

async function encodeField(name: string, field: unknown, controller: Controller) {
  const quoted = (text: string) => `"${text.replace(/["\\\r\n]/g, (character) => encodeURIComponent(character))}"`;
  if (!isMapping(field)) {
    return { content: Buffer.from(wordOf(field)), disposition: `name=${quoted(name)}`, type: "text/plain" };
  }
  const fileName = typeof field["filename"] === "string" ? field["filename"] : undefined;
  if (fileName === undefined && field["content"] === undefined)
    throw new TaskFailure(`field \`${name}\` of \`body\` needs \`filename\` or \`content\``);
  const content =
    field["content"] === undefined
      ? await controller.read(await controller.find(fileName as string, "files"))
      : Buffer.from(wordOf(field["content"]));
  const file = fileName === undefined ? "" : `; filename=${quoted(fileName.slice(fileName.lastIndexOf("/") + 1))}`;
  const type =
    typeof field["mime_type"] === "string"
      ? field["mime_type"]
      : fileName === undefined
        ? "text/plain"
        : "application/octet-stream";
  return { content, disposition: `name=${quoted(name)}${file}`, type };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Float);
}

function wordOf(value: unknown): string {
  return typeof value === "boolean" ? (value ? "True" : "False") : String(value);
}
