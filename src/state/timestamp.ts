import { decodeBytes } from "../lib/bytes.ts";
import { defineQuery } from "../task/query.ts";
import { sh, shLines } from "../task/sh.ts";

/** Seconds since 1970 of a local time of the host, written `YYYYMMDDhhmm.ss`; undefined when it is none. */
export const timestamp = defineQuery<string, number | undefined>({
  name: "timestamp",
  script: (texts) => shLines(texts.map((text) => sh`date -d ${spaced(text)} +%s 2>/dev/null || echo`)),
  parse: (output, texts) => {
    const lines = decodeBytes(output.stdout).split("\n");
    return texts.map((_, index) => (lines[index] ? Number(lines[index]) : undefined));
  },
});

function spaced(text: string): string {
  const [, year, month, day, hour, minute, second = "00"] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$/.exec(text) ?? [];
  return year === undefined ? "no time" : `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}
