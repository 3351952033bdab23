import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Outcome } from "../../src/host/outcome.ts";
import { batchesOf, StepsScript } from "../../src/run/step-batches.ts";
import { runCommand, type Step, writeFile } from "../../src/task/change.ts";
import { sh } from "../../src/task/sh.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const write = (path: string, text = "x"): Step => writeFile({ path, content: bytes(text), mode: "0640" });

describe("steps of an apply", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrun-steps-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = (batch: readonly Step[], prefix = sh``) => {
    const steps = new StepsScript(batch, prefix);
    const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", steps.script], { input: steps.stdin ?? "" });
    const outcome = { rc: status, stdout: new Uint8Array(stdout), stderr: new Uint8Array(stderr) };
    return steps.outcomes(outcome as unknown as Outcome);
  };

  it("travel together when they are small, one file a message", () => {
    const [a, b] = [runCommand(sh`a`), runCommand(sh`b`)];
    const protectedStep = runCommand(sh`apt`, { protect: true });
    const fed = runCommand(sh`chpasswd`, { stdin: bytes("secret") });
    const [file, other] = [write("/one"), write("/two")];
    const streamed = writeFile({ path: "/big", content: { localPath: "/x", size: 1, sha256: "" } });
    expect(batchesOf([a, file, b, other, protectedStep, a, fed, streamed])).to.deep.equal([
      [a, file, b],
      [other],
      [protectedStep],
      [a],
      [fed],
      [streamed],
    ]);
  });

  it("are told one by one, with their outputs", () => {
    const path = join(folder, "a file");
    const outcomes = run(
      [
        runCommand(sh`echo "$WHO"; printf 'no newline' >&2`),
        write(path, "content\n"),
        runCommand(sh`cat ${path}; cat`),
      ],
      sh`WHO=me`,
    );
    expect(outcomes).to.deep.equal([
      { rc: 0, stdout: "me\n", stderr: "no newline" },
      {},
      { rc: 0, stdout: "content\n", stderr: "" },
    ]);
    expect(statSync(path).mode & 0o777).to.equal(0o640);
  });

  it("end with the first that fails", () => {
    const path = join(folder, "never");
    const outcomes = run([runCommand(sh`true`), runCommand(sh`echo why >&2; exit 7`), write(path)]);
    expect(outcomes).to.deep.equal([
      { rc: 0, stdout: "", stderr: "" },
      { rc: 7, stdout: "", stderr: "why\n" },
    ]);
    expect(() => readFileSync(path)).to.throw("ENOENT");
    expect(() => run([write(join(folder, "no", "where")), runCommand(sh`true`)])).to.throw(/cannot write .*no\/where/);
  });

  it("that were ended from outside are no success", () => {
    const outcomes = run([runCommand(sh`true`), runCommand(sh`kill $$; sleep 0.3`)]);
    expect(outcomes.at(-1)).to.include({ stderr: "the change was ended in the middle" });
    expect((outcomes.at(-1) as { rc: number }).rc).to.not.equal(0);
  });
});
