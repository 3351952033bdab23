import { defineTask, encodeBytes, TaskFailure, z } from "tsrun";
import { file, fileContent, plainPath } from "tsrun/state";

export default defineTask({
  name: "slurp",
  summary: "Read a file of the host",
  args: z.object({
    src: z
      .string()
      .describe("File to read")
      .meta({ aliases: ["path"], path: true }),
  }),
  returns: {
    content: "The content in base64",
    encoding: "`base64`",
    source: "The file",
  },
  examples: [{ name: "Read, and decode it later", yaml: "slurp:\n  src: /etc/hostname" }],
  observe: ({ src }) => ({ found: file(plainPath(src)), content: fileContent(plainPath(src)) }),
  plan({ src }, { found, content }) {
    const target = found?.type === "link" ? found.followed : found;
    if (!target) throw new TaskFailure(`file not found: ${src}`);
    if (target.type === "directory") throw new TaskFailure(`source is a directory and must be a file: ${src}`);
    if (content?.text === undefined)
      throw new TaskFailure(`file is too big to be read as a whole: ${src} has ${target.size} bytes; use fetch`);
    return [];
  },
  result: ({ src }, { after: { content } }) => ({
    content: Buffer.from(encodeBytes(content?.text ?? "")).toString("base64"),
    source: src,
    encoding: "base64",
  }),
});
