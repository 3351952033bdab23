import { type ActionContext, defineAction, sh, TaskFailure, z } from "tsrun";
import { contentOf, type FileState, file, joinPath, nameOf, plainPath } from "tsrun/state";

/** So much comes in one answer. */
const pieceBytes = 1_048_576;

export default defineAction({
  name: "fetch",
  summary: "Copy a file of the host to the controller",
  args: z.object({
    src: z.string().describe("File on the host").meta({ path: true }),
    dest: z
      .string()
      .describe(
        "Directory on the controller, in which each host has its own; with `flat` the file, or a directory with a slash at its end",
      ),
    flat: z.boolean().default(false).describe("Without directories for the hosts and the file's path"),
    fail_on_missing: z.boolean().default(true).describe("Fail when the file is missing"),
    validate_checksum: z.boolean().default(true).describe("Compare the checksums afterwards"),
  }),
  returns: {
    file: "Path on the host",
    dest: "Path on the controller",
    checksum: "SHA-1 of the content",
    md5sum: "MD5 of the content",
    remote_checksum: "SHA-1 of the file on the host",
  },
  examples: [{ name: "A host's own log", yaml: "fetch:\n  src: /var/log/app.log\n  dest: logs/" }],
  runsOn: "host",
  writes: false,
  inCheckMode: "skip",
  observe: ({ src }) => ({ found: file(plainPath(src)) }),
  async run({ src, dest, flat, fail_on_missing, validate_checksum }, context) {
    const state = await context.host.cached(file(plainPath(src)));
    const target = state?.type === "link" ? state.followed : state;
    const missing = (msg: string) => {
      if (fail_on_missing) throw new TaskFailure(msg, { file: src });
      return { changed: false, file: src, msg: `${msg}, not transferring, ignored` };
    };
    if (!target) return missing("the remote file does not exist");
    if (target.type === "directory") return missing("remote file is a directory, fetch cannot work on directories");
    const bytes = await readWhole(src, target, context);
    const { sha1: checksum, md5: md5sum } = contentOf(bytes, src);
    const path = localPath(src, dest, flat, context);
    const entry = await context.controller.stat(path);
    if (entry?.type === "directory")
      throw new TaskFailure(
        "dest is an existing directory, use a trailing slash if you want to fetch src into that directory",
      );
    const present = entry?.type === "file" ? contentOf(await context.controller.readRaw(path), path).sha1 : undefined;
    if (present === checksum) return { changed: false, md5sum, file: src, dest: path, checksum };
    await context.controller.write(path, bytes, 0o644);
    if (validate_checksum && contentOf(await context.controller.readRaw(path), path).sha1 !== checksum) {
      throw new TaskFailure("checksum mismatch", { file: src, dest: path, remote_checksum: checksum });
    }
    return { changed: true, md5sum, dest: path, remote_md5sum: null, checksum, remote_checksum: checksum };
  },
});

/** In pieces, so that no answer is too long to be kept whole. */
async function readWhole(src: string, { size }: FileState, { host }: ActionContext): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let index = 0; index * pieceBytes < Math.max(size, 1); index++) {
    const piece = await host.execReadonly({
      script: sh`dd if=${src} bs=${pieceBytes} skip=${index} count=1 2>/dev/null || cat -- ${src} >/dev/null`,
    });
    if (piece.rc !== 0) throw new TaskFailure(`cannot read ${src}: ${piece.stderr.trim()}`);
    pieces.push(piece.stdoutBytes);
  }
  return Buffer.concat(pieces);
}

/** The host's name and path are parts of the controller's path, so neither may lead out of `dest`. */
function localPath(src: string, dest: string, flat: boolean, { vars }: ActionContext): string {
  const base =
    dest.startsWith("/") || dest.startsWith("~")
      ? dest
      : joinPath(String(vars.has("playbook_dir") ? vars.get("playbook_dir") : "."), dest);
  if (flat) return dest.endsWith("/") ? joinPath(base, nameOf(src)) : base;
  const host = String(vars.get("inventory_hostname"));
  if (host.includes("/") || host === ".." || src.split("/").includes("..")) {
    throw new TaskFailure(
      `Detected directory traversal, expected to be contained in '${dest}' but got '${host}/${src}'`,
    );
  }
  return joinPath(base, host, src);
}
