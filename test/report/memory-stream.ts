import { Writable } from "node:stream";
import { ESCAPE_SEQUENCES } from "./control-characters.ts";

/** A stream that keeps what is written, as a terminal of the given size or as none. */
export class MemoryStream extends Writable {
  text = "";
  writes = 0;
  readonly isTTY: boolean;
  columns: number;
  rows: number;

  constructor(terminal?: { readonly columns: number; readonly rows: number }) {
    super({ decodeStrings: false });
    this.isTTY = terminal !== undefined;
    this.columns = terminal?.columns ?? 0;
    this.rows = terminal?.rows ?? 0;
  }

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    this.writes++;
    done();
  }

  /** What a terminal that never scrolls would show: erased and overwritten lines are gone. */
  get screen(): string {
    const lines = [""];
    let row = 0;
    for (const part of this.text.split(new RegExp(`(${ESCAPE_SEQUENCES.source}|\\n)`))) {
      if (part === "\n") lines[++row] ??= "";
      else if (part === "\x1b[1A") row--;
      else if (part === "\x1b[2K") lines[row] = "";
      else if (!part.startsWith("\x1b")) lines[row] += part;
    }
    return lines.join("\n");
  }

  /** All that was ever written, without colours and cursor movements. */
  get plainText(): string {
    return this.text.replace(ESCAPE_SEQUENCES, "");
  }
}
