/**
 * Runs the tests of user modules, the part of tsrun that leans on Node the most, with other versions of Node than the one at hand.
 * Each is npm's package of Node's own binary, kept in a temporary directory for the time of the run.
 *
 *   node --import tsx script/test-node-versions.ts           22 and 24
 *   node --import tsx script/test-node-versions.ts 20 26     these
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "zx/core";

const checkout = join(import.meta.dirname, "..");
const tests = "test/modules/**/*.test.ts";
const wanted = process.argv.slice(2);
const versions = wanted.length > 0 ? wanted : ["22", "24"];

const directory = await mkdtemp(join(tmpdir(), "tsrun-node-"));
try {
  const failed: string[] = [];
  for (const version of versions) {
    const node = await install(version);
    const { stdout } = await $({ verbose: false })`${node} --version`;
    console.log(`\n=== Node ${stdout.trim()}`);
    const mocha = join(checkout, "node_modules/mocha/bin/mocha.js");
    const run = $({ cwd: checkout, stdio: "inherit", nothrow: true, verbose: false })`${node} ${mocha} ${tests}`;
    if ((await run).exitCode !== 0) failed.push(stdout.trim());
  }
  console.log(failed.length === 0 ? "\nall passed" : `\nfailed: ${failed.join(", ")}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  await rm(directory, { recursive: true });
}

/** Path of a Node of this version, a number or a tag as npm takes it. */
async function install(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const home = join(directory, version);
  await $({ verbose: false })`mkdir -p ${home}`;
  await writeFile(join(home, "package.json"), "{}");
  await $({
    cwd: home,
    verbose: false,
    stdio: ["ignore", "ignore", "inherit"],
  })`npm install --no-audit --no-fund --ignore-scripts --loglevel=error ${name}@${version}`;
  return join(home, "node_modules", name, "bin/node");
}
