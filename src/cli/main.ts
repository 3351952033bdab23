#!/usr/bin/env node
import { readFileSync, realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { CliContext } from "./command.ts";
import { COMMANDS, loadCommand } from "./commands.ts";
import { EXIT } from "./exit-codes.ts";
import { catchCrashes } from "./leave-at-once.ts";

/**
 * The program. `--version` and `--help` load nothing but this file and its small tables: they cost Node's start and
 * little more. Everything else is loaded by the command that needs it.
 */
export async function main(context: CliContext): Promise<number> {
  try {
    return await dispatch(context.argv, context);
  } catch (thrown) {
    return (await import("./report-error.ts")).reportError(thrown, context);
  }
}

async function dispatch([name, ...rest]: readonly string[], context: CliContext): Promise<number> {
  const { stdout, stderr } = context;
  if (name === undefined) {
    stderr.write((await import("./help.ts")).programHelp(COMMANDS));
    return EXIT.usage;
  }
  if (name === "--version") {
    stdout.write(`tsrun ${version()}\n`);
    return EXIT.ok;
  }
  const isHelp = name === "--help" || name === "-h" || name === "help";
  const wanted = isHelp ? rest[0] : name;
  if (wanted === undefined) {
    stdout.write((await import("./help.ts")).programHelp(COMMANDS));
    return EXIT.ok;
  }
  const command = await loadCommand(findCommand(wanted) ?? (await unknownCommand(wanted)));
  if (isHelp || asksForHelp(rest)) {
    stdout.write((await import("./help.ts")).commandHelp(command));
    return EXIT.ok;
  }
  const { parseArguments } = await import("./parse-arguments.ts");
  return command.run(await parseArguments(command, rest), context);
}

function findCommand(name: string): (typeof COMMANDS)[number] | undefined {
  return COMMANDS.find((entry) => entry.name === name);
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).some((argument) => argument === "--help" || argument === "-h");
}

async function unknownCommand(name: string): Promise<never> {
  const { didYouMean } = await import("../lib/suggest.ts");
  const { usage } = await import("./expand-arguments.ts");
  if (name.startsWith("-"))
    throw usage(`unknown option \`${name}\``, "the command comes first: tsrun COMMAND [arguments]");
  const names = COMMANDS.map((entry) => entry.name);
  if (/\.ya?ml$/.test(name)) throw usage(`unknown command \`${name}\``, `did you mean \`tsrun playbook ${name}\`?`);
  throw usage(`unknown command \`${name}\``, didYouMean(name, names) ?? "tsrun --help lists the commands");
}

function version(): string {
  // Sources stand two levels below the package, built files three.
  const up = import.meta.url.endsWith(".ts") ? "../../" : "../../../";
  const manifest = readFileSync(new URL(`${up}package.json`, import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

/** Whether this file was started as a program, perhaps through npm's symbolic link. */
function isProgram(): boolean {
  const started = process.argv[1];
  return started !== undefined && import.meta.url === pathToFileURL(realpathSync(started)).href;
}

if (isProgram()) {
  // A reader that goes away (`| head`) must not end a run half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const { stdin, stdout, stderr, env } = process;
  const context: CliContext = { argv: process.argv.slice(2), cwd: process.cwd(), env, stdin, stdout, stderr };
  catchCrashes(context);
  process.exitCode = await main(context);
  // What still holds the event loop (a socket that lingers) must not hold the person's prompt.
  stdout.write("", () => stderr.write("", () => process.exit()));
}
