import { defineTask, z } from "tsrun";
import { type ChecksumAlgorithm, checksumOf, file, fileFlags, fileMime, plainPath, statFields } from "tsrun/state";

const algorithms = [
  "md5",
  "sha1",
  "sha224",
  "sha256",
  "sha384",
  "sha512",
] as const satisfies readonly ChecksumAlgorithm[];

export default defineTask({
  name: "stat",
  summary: "Tell what lies at a path",
  args: z.object({
    path: z
      .string()
      .describe("File, directory or link to look at")
      .meta({ aliases: ["dest", "name"], path: true }),
    follow: z.boolean().default(false).describe("Tell about what a link leads to"),
    get_checksum: z.boolean().default(true).describe("Hash a regular file"),
    checksum_algorithm: z
      .enum(algorithms)
      .default("sha1")
      .describe("How to hash")
      .meta({ aliases: ["checksum", "checksum_algo"] }),
    get_md5: z
      .boolean()
      .default(false)
      .describe("Give the MD5 sum as `md5` too, as roles from before Ansible 2.9 ask for it"),
    get_mime: z
      .boolean()
      .default(true)
      .describe("Guess the kind of content with `file`, where the host has it")
      .meta({ aliases: ["mime", "mime_type", "mime-type"] }),
    get_attributes: z
      .boolean()
      .default(true)
      .describe("Read the attributes of the file system with `lsattr`")
      .meta({ aliases: ["attr", "attributes"] }),
  }),
  returns: {
    stat: "`exists`, and if so path, mode, owner, times, size, checksum, and `isreg`, `isdir`, `islnk`, …",
  },
  examples: [{ name: "Is it there?", yaml: "stat:\n  path: /etc/debian_version\n  get_checksum: false" }],
  observe({ path: given, follow, get_checksum, checksum_algorithm, get_md5, get_mime, get_attributes }, known) {
    const path = plainPath(given);
    const found = known(file(path));
    const shown = follow && found?.type === "link" ? found.followed : found;
    const size = shown?.type === "file" ? shown.size : 0;
    return {
      found: file(path),
      // Small files are hashed in the first round; a big one once its size is known.
      checksum: get_checksum ? checksumOf({ path, algorithm: checksum_algorithm }, size) : undefined,
      md5: get_md5 ? checksumOf({ path, algorithm: "md5" }, size) : undefined,
      mime: get_mime ? fileMime(path) : undefined,
      flags: get_attributes ? fileFlags(path) : undefined,
    };
  },
  plan: () => [],
  result({ path, follow, get_attributes }, { after: { found, checksum, md5, mime, flags } }) {
    const shown = follow && found?.type === "link" ? found.followed : found;
    if (!shown) return { stat: { exists: false } };
    return {
      stat: {
        exists: true,
        path,
        ...statFields(shown),
        ...(shown.type === "file" && checksum !== undefined && { checksum }),
        ...(shown.type === "file" && md5 !== undefined && { md5 }),
        ...mime,
        ...(get_attributes && {
          version: flags?.version ?? null,
          // As Ansible's, which asks for both at once.
          attributes: flags?.version === undefined ? [] : flags.names,
          attr_flags: flags?.version === undefined ? "" : flags.flags,
        }),
      },
    };
  },
});
