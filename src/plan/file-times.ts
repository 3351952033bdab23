import { type Sh, sh } from "../task/sh.ts";
import type { FileState } from "../state/file.ts";

/** Times of a file as the file module's arguments name them: `preserve`, `now`, or `YYYYMMDDhhmm.ss`. */
export interface TimeArgs {
  readonly modification_time?: string | undefined;
  readonly access_time?: string | undefined;
}

export interface TimePlan {
  readonly steps: readonly Sh[];
  readonly after: { readonly mtime?: number; readonly atime?: number };
  readonly isNow: boolean;
}

/** How a file gets its times. `current` has the wanted times too, where the host told what they mean in seconds. */
export function planTimes(
  args: TimeArgs,
  path: string,
  current: (FileState & { wantedMtime: number | undefined; wantedAtime: number | undefined }) | undefined,
): TimePlan {
  const mtime = oneTime("-m", args.modification_time, current?.mtime, current?.wantedMtime);
  const atime = oneTime("-a", args.access_time, current?.atime, current?.wantedAtime);
  const isNow = [mtime, atime].some((time) => time?.isNow);
  if (mtime?.isNow && atime?.isNow) return { steps: [sh`touch -c -- ${path}`], after: {}, isNow };
  return {
    steps: [mtime, atime].flatMap((time) => (time ? [sh`touch -c ${time.options} -- ${path}`] : [])),
    after: {
      ...(mtime?.seconds !== undefined && { mtime: mtime.seconds }),
      ...(atime?.seconds !== undefined && { atime: atime.seconds }),
    },
    isNow,
  };
}

function oneTime(
  which: "-m" | "-a",
  text: string | undefined,
  present: number | undefined,
  seconds: number | undefined,
) {
  if (text === undefined || text === "preserve") return undefined;
  if (text === "now") return { options: [which], isNow: true, seconds: undefined };
  if (present !== undefined && seconds === present) return undefined;
  return { options: [which, "-t", text], isNow: false, seconds };
}

/** True for a time that the host must translate. */
export function isTime(text: string | undefined): boolean {
  return text !== undefined && text !== "preserve" && text !== "now";
}
