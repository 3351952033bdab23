import type { Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";

/** Something that is missing and that an earlier task may make. */
export function notYet(problem: string, isCheck: boolean): Plan {
  if (!isCheck) throw new TaskFailure(problem);
  return { changes: [], unknown: problem };
}
