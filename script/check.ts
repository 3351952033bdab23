/**
 * Runs the checks of `script/test`, shows their output as it comes, and closes with the sum of what passed and failed.
 * Lint, format and types count as one check each.
 */
import { $ } from "zx/core";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const withLab = !process.argv.includes("--no-lab");

const checks: readonly (readonly [title: string, command: readonly string[]])[] = [
  ["lint", ["npx", "oxlint", "--type-aware"]],
  ["format", ["npx", "biome", "format"]],
  ["types", ["npx", "tsc", "--noEmit"]],
  // --exit: a test that failed half-way may leave a server or a connection open, and the run must end all the same.
  ["unit tests", ["npx", "mocha", "--exit", "--ignore", "test/e2e/**", "test/**/*.test.ts"]],
];

/** Two halves side by side, each with lab hosts of its own: most of their time is waiting. */
const endToEnd: readonly (readonly [lab: string, files: string])[] = [
  ["test", "test/e2e/*.test.ts"],
  ["test-2", "test/e2e/*/**/*.test.ts"],
];

const totals: Counts[] = [];
for (const [title, command] of checks) {
  console.log(`\n=== ${title}`);
  totals.push(await run(command));
}
if (withLab) {
  console.log("\n=== end to end");
  const runs = endToEnd.map(([lab, files], index) => {
    const mocha = ["npx", "mocha", "--exit", "--timeout", "300000", files];
    return run(mocha, { TSRUN_TEST_LAB: lab }, index === 0);
  });
  totals.push(...(await Promise.all(runs)));
}
const sum = (of: keyof Counts): number => totals.reduce((all, counts) => all + counts[of], 0);
const skipped = sum("skipped");
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = sum("failed") > 0 ? 1 : 0;

/** `isLive`: its output is shown as it comes, else when it is over. */
async function run(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
  isLive = true,
): Promise<Counts> {
  const running = $({
    nothrow: true,
    stdio: ["ignore", "pipe", isLive ? "inherit" : "pipe"],
    verbose: false,
    env: { ...process.env, ...env },
  })`${command}`;
  if (isLive) running.stdout.pipe(process.stdout, { end: false });
  const result = await running;
  if (!isLive) console.log(result.stdout + result.stderr);
  const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m.exec(result.stdout);
  if (closing) {
    const [passed, failed, skipped] = closing.slice(1).map((count) => Number(count ?? 0)) as [number, number, number];
    // A run that broke off without a failed test is a failure all the same.
    return { passed, failed: failed === 0 && result.exitCode !== 0 ? 1 : failed, skipped };
  }
  return result.exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}
