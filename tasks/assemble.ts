import { type Controller, encodeBytes, TaskFailure, translateRegex, z } from "tsrun";
import {
  contentOf,
  defineFileTask,
  directoryFiles,
  file,
  fileResult,
  fileReturns,
  type FileState,
  joinPath,
  nameOf,
  observePlace,
  placedFileArgs,
  plainPath,
  planPlace,
} from "tsrun/state";

const args = z.object({
  src: z
    .string()
    .describe("Directory with the fragments: on the host, or on the controller without `remote_src`")
    .meta({ path: true }),
  dest: z.string().describe("File that is made of them").meta({ path: true }),
  remote_src: z.boolean().default(true).describe("The fragments are on the host"),
  delimiter: z.string().optional().describe("Text between two fragments"),
  regexp: z.string().optional().describe("Only fragments whose names this Python regular expression finds"),
  ignore_hidden: z.boolean().default(false).describe("Leave out fragments whose names start with a dot"),
  decrypt: z.boolean().default(true).describe("Decrypt fragments of the controller that are vault files"),
  ...placedFileArgs,
});
type Args = z.output<typeof args>;
type Fragments = Readonly<Record<string, string>>;

interface State {
  readonly fragments: Fragments | undefined;
  readonly current: FileState | undefined;
  readonly parent: FileState | undefined;
  readonly sha256: string | undefined;
  readonly old: undefined;
}

export default defineFileTask({
  name: "assemble",
  summary: "Make a file of fragments",
  args,
  returns: {
    dest: "The file",
    src: "Directory of the fragments",
    checksum: "SHA-1 of the content",
    md5sum: "MD5 of the content",
    backup_file: "Copy of the old file, with `backup`",
    ...fileReturns,
  },
  examples: [
    {
      name: "A configuration of parts",
      yaml: "assemble:\n  src: /etc/app/conf.d\n  dest: /etc/app/app.conf\n  regexp: \\.conf$",
    },
  ],
  prepare: (args, controller) => (args.remote_src ? undefined : readFragments(args, controller)),
  observe(args, known, prepared, { wantsDiff }) {
    const fragments = prepared ?? known(directoryFiles(plainPath(args.src)));
    return {
      fragments: args.remote_src ? directoryFiles(plainPath(args.src)) : undefined,
      ...(fragments
        ? observePlace(plainPath(args.dest), assembled(args, fragments), known, wantsDiff)
        : { current: file(plainPath(args.dest)) }),
    };
  },
  plan(args, observed, { prepared }) {
    const state = observed as unknown as State;
    const fragments = prepared ?? state.fragments;
    if (!fragments) throw new TaskFailure(`Source (${args.src}) does not exist`);
    const place = { ...args, path: plainPath(args.dest), unsafeWrites: args.unsafe_writes };
    return { changes: planPlace({ ...place, content: assembled(args, fragments) }, state), msg: "OK" };
  },
  result(args, { after, backups, prepared }) {
    const state = after as unknown as State;
    const content = assembled(args, prepared ?? state.fragments ?? {});
    return {
      src: args.src,
      dest: args.dest,
      checksum: content.sha1,
      md5sum: content.md5,
      ...(backups.size > 0 && { backup_file: [...backups.values()][0] }),
      ...fileResult(state.current),
    };
  },
});

async function readFragments(args: Args, controller: Controller): Promise<Fragments> {
  const source = await controller.find(args.src, "files");
  const entries = (await controller.walk(source)).filter((entry) => entry.type === "file" && !entry.path.includes("/"));
  const texts = await Promise.all(
    entries.map(async (entry) => {
      const path = joinPath(source, entry.path);
      return [entry.path, decode(await (args.decrypt ? controller.read(path) : controller.readRaw(path)))] as const;
    }),
  );
  return Object.fromEntries(texts);
}

/** In the order of their names; a line break comes between two that would share a line. */
function assembled({ delimiter, regexp, ignore_hidden }: Args, fragments: Fragments) {
  const regex = regexp === undefined ? undefined : translateRegex(regexp, "").regex;
  const names = Object.keys(fragments)
    .map((path) => nameOf(path))
    .filter((name) => (!regex || regex.test(name)) && !(ignore_hidden && name.startsWith(".")))
    .sort((a, b) => (a < b ? -1 : 1));
  const unescaped = delimiter?.replace(
    /\\([nrt\\])/g,
    (_, letter: string) => ({ n: "\n", r: "\r", t: "\t" })[letter] ?? letter,
  );
  let text = "";
  for (const [index, name] of names.entries()) {
    if (index > 0) {
      if (!text.endsWith("\n")) text += "\n";
      if (unescaped) text += unescaped.endsWith("\n") ? unescaped : `${unescaped}\n`;
    }
    text += fragments[name] ?? "";
  }
  return contentOf(encodeBytes(text), "fragments");
}

function decode(bytes: Uint8Array): string {
  return contentOf(bytes, "").text ?? "";
}
