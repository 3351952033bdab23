import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

/** Whether SELinux is enabled, as `selinuxenabled` tells it: its file system is mounted. A host has one answer. */
export const selinuxEnabled = defineQuery<null, boolean>({
  name: "selinux",
  script: () => sh`if [ -e /sys/fs/selinux/enforce ] || [ -e /selinux/enforce ]; then echo 1; else echo 0; fi`,
  parse: (output, keys) => keys.map(() => answerText(output).trim() === "1"),
});
