import type { FileState } from "../state/file.ts";
import { TaskFailure } from "../task/failure.ts";

/**
 * Fails for a link that somebody else may have planted: root's links are followed, and those whose owner owns what they lead to. With
 * any other, an account could have root alter a file that it may not touch itself (CVE-2024-9902; as Apache's SymLinksIfOwnerMatch).
 */
export function refusePlantedLink(path: string, current: FileState | undefined): void {
  if (current?.type !== "link" || !current.followed) return;
  const { uid } = current as Partial<FileState>;
  // A link that an earlier task would make, under --check, has no owner yet: it is the task's own.
  if (uid === undefined || uid === 0 || uid === current.followed.uid) return;
  throw new TaskFailure(
    `${path} is a link that belongs to \`${current.owner}\` and leads to a file of \`${current.followed.owner}\`: it is not followed. If that is meant, name ${current.realPath ?? "the file itself"}`,
    { path },
  );
}
