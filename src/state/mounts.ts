import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** What is mounted at a path. */
export interface MountState {
  /** Device or name that was mounted. */
  readonly source: string;
  /** The directory of which a bind mount shows the content; undefined where nothing else shows it. */
  readonly boundFrom: string | undefined;
  readonly fstype: string;
  readonly options: string;
}

/** The uppermost mount at a path; undefined when it is no mount point. */
export const mounted = defineQuery<string, MountState | undefined>({
  name: "mount",
  script: () => sh`cat /proc/self/mountinfo`,
  parse(output, paths) {
    const mounts = parseMounts(answerText(output));
    return paths.map((path) => {
      const mount = mounts.findLast(({ target }) => target === path);
      if (!mount) return undefined;
      const { source, fstype, options } = mount;
      return { source, boundFrom: originOf(mount, mounts), fstype, options };
    });
  },
});

interface Mount {
  readonly device: string;
  readonly root: string;
  readonly target: string;
  readonly source: string;
  readonly fstype: string;
  readonly options: string;
}

/** proc_pid_mountinfo(5): optional fields end with a lone `-`. */
function parseMounts(text: string): readonly Mount[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.split(" ");
    const end = fields.indexOf("-");
    const [, , device, root, target, options] = fields;
    const [fstype, source] = fields.slice(end + 1);
    if (end < 0 || !device || !root || !target || !options || !fstype || source === undefined) return [];
    return [{ device, root: unescape(root), target: unescape(target), source: unescape(source), fstype, options }];
  });
}

/** Another mount of the same file system that shows the root of this one tells where it comes from. */
function originOf(mount: Mount, mounts: readonly Mount[]): string | undefined {
  for (const other of mounts) {
    if (other === mount || other.device !== mount.device) continue;
    const base = other.root === "/" ? "" : other.root;
    if (mount.root !== other.root && !mount.root.startsWith(`${base}/`)) continue;
    const path = (other.target === "/" ? "" : other.target) + mount.root.slice(base.length);
    return path.replace(/(?<=.)\/$/, "") || "/";
  }
  return undefined;
}

function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
