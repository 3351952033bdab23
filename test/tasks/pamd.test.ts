import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import pamd from "../../tasks/pamd.ts";
import { runLocally } from "./run-locally.ts";

describe("module: pamd", () => {
  let path: string;
  before(() => {
    path = mkdtempSync(join(tmpdir(), "tsrun-pamd-"));
  });
  after(() => rmSync(path, { recursive: true }));
  const text =
    "# c\n@include common-auth\nsession    optional     pam_motd.so noupdate\n\nauth [success = 1  default=ignore] pam_unix.so nullok retry=5\n";
  const motd = { type: "session", control: "optional", module_path: "pam_motd.so" };
  const unix = { type: "auth", control: "[success=1 default=ignore]", module_path: "pam_unix.so" };
  const beside = { new_type: "auth", new_control: "required", new_module_path: "pam_env.so" };

  const cases: readonly [string, Record<string, unknown>, readonly [string, string]][] = [
    ["takes a rule away", { ...motd, state: "absent" }, ["session    optional     pam_motd.so noupdate\n", ""]],
    [
      "alters its control alone",
      { ...motd, new_control: "required" },
      ["optional     pam_motd.so", "required pam_motd.so"],
    ],
    [
      "alters its arguments",
      { ...motd, module_arguments: "motd=/run/x" },
      ["optional     pam_motd.so noupdate", "optional pam_motd.so motd=/run/x"],
    ],
    [
      "adds one before it",
      { ...motd, ...beside, state: "before" },
      ["session ", "auth       required pam_env.so\nsession "],
    ],
    [
      "adds one after it, with arguments",
      { ...unix, ...beside, state: "after", module_arguments: ["a b", "c=d"] },
      ["retry=5\n", "retry=5\nauth       required pam_env.so a b c=d\n"],
    ],
    [
      "adds and alters arguments",
      { ...unix, state: "args_present", module_arguments: ["retry=3", "debug"] },
      [
        "auth [success = 1  default=ignore] pam_unix.so nullok retry=5",
        "auth       [success=1 default=ignore] pam_unix.so nullok retry=3 debug",
      ],
    ],
    [
      "takes arguments away",
      { ...unix, state: "args_absent", module_arguments: ["nullok", "none"] },
      ["auth [success = 1  default=ignore] pam_unix.so nullok", "auth       [success=1 default=ignore] pam_unix.so"],
    ],
    ["leaves a rule that is right", { ...motd, new_type: "session", module_arguments: ["noupdate"] }, ["", ""]],
    ["leaves other rules", { ...motd, type: "auth", state: "absent" }, ["", ""]],
  ];
  for (const [name, raw, [old, fresh]] of cases) {
    it(name, async () => {
      const file = join(path, "sshd");
      writeFileSync(file, text);
      const after = text.replace(old, fresh);
      const { changed } = await runLocally(pamd, { name: "sshd", path, ...raw });
      expect([readFileSync(file, "utf8"), changed]).to.deep.equal([after, after !== text]);
      expect((await runLocally(pamd, { name: "sshd", path, ...raw })).changed).to.equal(false);
    });
  }

  it("says what is missing", async () => {
    const failure = (raw: Record<string, unknown>) =>
      runLocally(pamd, { name: "sshd", path, ...motd, ...raw }).then(() => "no failure", String);
    expect(await failure({ name: "none" })).to.include("it does not exist");
    expect(await failure({ state: "before" })).to.include("needs `new_type`, `new_control`");
    expect(await failure({ state: "args_present" })).to.include("needs `module_arguments`");
    expect(await failure({ name: "../x" })).to.include("expected the name of a service");
  });
});
