import { readFileSync } from "node:fs";
import type { ModuleLaws } from "./law.ts";

const noSecret = "takes no secret";
const key = readFileSync(new URL("../differential/files/files/key-one.asc", import.meta.url), "utf8");

/** Actions that bring about a state nevertheless, and so promise the same. */
export const actingModules: Readonly<Record<string, ModuleLaws>> = {
  apt_key: {
    cases: [
      { name: "a key", args: { data: key, keyring: "$own/k.gpg" }, probe: "sha256sum k.gpg 2>/dev/null; :" },
      {
        name: "no key",
        args: { id: "303735F4EBEC9635", state: "absent", keyring: "$own/k.gpg" },
        before: `gpg -q --dearmor >k.gpg <<'END'\n${key}END`,
        probe: "sha256sum k.gpg 2>/dev/null; :",
      },
    ],
    at: (path) => ({ data: key, keyring: path }),
    exempt: { modes: "a key is for everybody to read", secrets: noSecret },
  },
  synchronize: {
    cases: [
      {
        name: "a file",
        args: { src: "big.bin", dest: "$own/f", owner: false, group: false, rsync_opts: ["--chmod=F600"] },
        before: "echo old >f; chmod 600 f",
        probe: "ls -A; sha256sum f",
      },
      {
        name: "a directory",
        args: { src: "tree/", dest: "$own/d", owner: false, group: false, perms: false, delete: true },
        before: "mkdir d; echo x >d/x",
        probe: "find d | LC_ALL=C sort; cat d/*/two d/one 2>/dev/null; :",
        isGradual: true,
      },
    ],
    named: (name) => ({ src: "tree/one", dest: `$own/${name}`, owner: false, group: false }),
    exempt: {
      planted: "rsync follows links by its own rules",
      modes: "modes are those of the source",
      secrets: noSecret,
    },
  },
};
