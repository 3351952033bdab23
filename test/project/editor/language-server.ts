import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { pathToFileURL } from "node:url";

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly items?: readonly { readonly section?: string }[] } & Record<string, unknown>;
  readonly result?: unknown;
}

interface Diagnostic {
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
  readonly message: string;
}

/** The YAML language server that editors start, spoken to as an editor does. */
export class LanguageServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #schemas: Readonly<Record<string, string>>;
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #diagnostics = new Map<string, (found: readonly Diagnostic[]) => void>();
  #input = Buffer.alloc(0);
  #id = 0;

  /** `schemas`: glob patterns of files by the path of their schema. */
  constructor(program: string, schemas: Readonly<Record<string, string>>) {
    this.#schemas = Object.fromEntries(Object.entries(schemas).map(([path, glob]) => [pathToFileURL(path).href, glob]));
    this.#child = spawn(process.execPath, [program, "--stdio"]);
    this.#child.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  async start(): Promise<void> {
    await this.#ask("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: { workspace: { configuration: true }, textDocument: { hover: { contentFormat: ["markdown"] } } },
    });
    this.#send({ method: "initialized", params: {} });
    this.#send({ method: "workspace/didChangeConfiguration", params: { settings: { yaml: this.#settings() } } });
  }

  /** Opens a text and gives what the server finds wrong with it: `line:column message`, counted from 1. */
  async open(name: string, text: string): Promise<readonly string[]> {
    const uri = `file:///project/${name}`;
    const found = new Promise<readonly Diagnostic[]>((resolve) => this.#diagnostics.set(uri, resolve));
    this.#send({
      method: "textDocument/didOpen",
      params: { textDocument: { uri, languageId: "yaml", version: 1, text } },
    });
    return (await found).map(
      ({ range, message }) => `${range.start.line + 1}:${range.start.character + 1} ${message.split("\n")[0]}`,
    );
  }

  /** What it offers at a place, counted from 1. */
  async complete(name: string, line: number, column: number): Promise<readonly string[]> {
    const answer = (await this.#ask("textDocument/completion", at(name, line, column))) as {
      items: { label: string }[];
    };
    return answer.items.map(({ label }) => label);
  }

  /** What it says about the word at a place, counted from 1. */
  async hover(name: string, line: number, column: number): Promise<string> {
    const answer = (await this.#ask("textDocument/hover", at(name, line, column))) as {
      contents: { value: string };
    } | null;
    return answer?.contents.value ?? "";
  }

  stop(): void {
    this.#child.kill();
  }

  #settings(): Record<string, unknown> {
    return { schemas: this.#schemas, validate: true, hover: true, completion: true, customTags: ["!vault scalar"] };
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#id;
    const answer = new Promise<unknown>((resolve) => this.#answers.set(id, resolve));
    this.#send({ id, method, params });
    return answer;
  }

  #send(message: Record<string, unknown>): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #read(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    for (;;) {
      const end = this.#input.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/.exec(this.#input.subarray(0, Math.max(0, end)).toString())?.[1]);
      if (end < 0 || this.#input.length < end + 4 + length) return;
      const message = JSON.parse(this.#input.subarray(end + 4, end + 4 + length).toString()) as Message;
      this.#input = this.#input.subarray(end + 4 + length);
      this.#take(message);
    }
  }

  #take({ id, method, params, result }: Message): void {
    if (id !== undefined && method !== undefined) {
      const answer = params?.items?.map(({ section }) => (section === "yaml" ? this.#settings() : null)) ?? null;
      this.#send({ id, result: answer });
    } else if (id !== undefined) this.#answers.get(id)?.(result);
    else if (method === "textDocument/publishDiagnostics") {
      const { uri, diagnostics } = params as unknown as { uri: string; diagnostics: readonly Diagnostic[] };
      this.#diagnostics.get(uri)?.(diagnostics);
    }
  }
}

function at(name: string, line: number, column: number): unknown {
  return { textDocument: { uri: `file:///project/${name}` }, position: { line: line - 1, character: column - 1 } };
}
