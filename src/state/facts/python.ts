import { sh } from "../../task/sh.ts";
import type { FactSource } from "./fact-source.ts";

/** Stands for a Python where the host has none and needs none: new enough for whatever a role asks of it. */
const none = "3.13.0";

/** The host's Python. Roles choose packages by it (`python3-apt`), also on hosts that do without. */
export const python: FactSource = {
  name: "python",
  gives: /^python(_version)?$/,
  aliases: ["python_version"],
  isMinimal: true,
  script: sh`s python; command -v python3 && python3 -V 2>&1`,
  parse(sections) {
    const [path, printed] = sections("python").trim().split("\n");
    const python_version = /^Python (\d+\.\d+\.\d+)/.exec(printed ?? "")?.[1] ?? none;
    const [major, minor, micro] = python_version.split(".").map(Number);
    return {
      python_version,
      python: {
        version: { major, minor, micro, releaselevel: "final", serial: 0 },
        version_info: [major, minor, micro, "final", 0],
        executable: path || "/usr/bin/python3",
        has_sslcontext: true,
        type: "cpython",
      },
    };
  },
};
