import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ShellUnderTest {
  readonly name: string;
  readonly shell?: string;
  readonly path?: string;
}

/** Shells that hosts have instead of dash: bash called as sh, and busybox with nothing but its own tools. */
export function otherShells(): readonly ShellUnderTest[] {
  const found: ShellUnderTest[] = [];
  const directory = mkdtempSync(join(tmpdir(), "tsrun-test-shells-"));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const bash = ["/bin/bash", "/usr/bin/bash"].find((path) => existsSync(path));
  if (bash) {
    symlinkSync(bash, join(directory, "sh"));
    found.push({ name: "bash as sh", shell: join(directory, "sh") });
  }
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
  if (busybox) {
    const tools = mkdtempSync(join(tmpdir(), "tsrun-test-busybox-"));
    after(() => rmSync(tools, { recursive: true, force: true }));
    const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n");
    for (const applet of applets) symlinkSync(busybox, join(tools, applet));
    found.push({ name: "busybox", shell: join(tools, "sh"), path: tools });
  }
  return found;
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

/** The error that a promise rejects with. */
export async function errorOf(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; hint?: string | undefined }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("expected an error, but the call succeeded");
}
