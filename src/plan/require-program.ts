import { TaskFailure } from "../task/failure.ts";

/** Fails when a program that {@link program} looked for is missing, and names the Debian package that has it. */
export function requireProgram(found: string | undefined, name: string, packageName = name): void {
  if (found === undefined)
    throw new TaskFailure(`the host has no \`${name}\`: install the package \`${packageName}\` first`);
}
