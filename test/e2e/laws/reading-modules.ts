import type { ModuleLaws } from "./law.ts";

const readsOnly = "only reads";
const reading = {
  diff: readsOnly,
  planted: readsOnly,
  modes: readsOnly,
  secrets: readsOnly,
  cut: readsOnly,
} as const;

/** Modules that describe what is and change nothing. */
export const readingModules: Readonly<Record<string, ModuleLaws>> = {
  find: {
    cases: [{ name: "files", args: { paths: "/etc", patterns: "host*" }, probe: "ls -d /etc/host*" }],
    at: (path) => ({ paths: [path] }),
    exempt: reading,
  },
  slurp: {
    cases: [{ name: "a file", args: { src: "/etc/hostname" }, probe: "cat /etc/hostname" }],
    at: (path) => ({ src: path }),
    exempt: reading,
  },
  stat: {
    cases: [{ name: "a file", args: { path: "/etc/hostname" }, probe: "cat /etc/hostname" }],
    at: (path) => ({ path }),
    exempt: reading,
  },
};
