import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import type { TestLab } from "../lab.ts";
import { TestProject } from "../run-tsrun.ts";
import {
  type Answer,
  type Answers,
  answersPath,
  answerResult,
  type DifferentialCase,
  listModuleCases,
  type ModuleCases,
  playbookOf,
  taskName,
} from "./differential-case.ts";
import { copyProjectFiles, makeBefore, readStates, type Root } from "./differential-host.ts";

/**
 * Tests of what real Ansible did once (script/record-differential.ts) beside what tsrun does on a twin of its host: `setUp` makes the twin.
 * `host`: which of the cases, by what they need. DIFFERENTIAL=module,module runs only theirs.
 */
export function differentialSuite(
  lab: () => TestLab,
  host: ModuleCases["host"],
  setUp: (onHost: Root) => Promise<void>,
): void {
  const named = process.env["DIFFERENTIAL"]?.split(",");
  const modules = listModuleCases().filter(
    (module) => module.host === host && existsSync(answersPath(module)) && (named?.includes(module.name) ?? true),
  );
  const answers = new Map<string, Answer>();

  before("run all cases twice", async () => {
    const onHost = (script: string): Promise<string> => lab().root("node1", script);
    await setUp(onHost);
    const project = await TestProject.create({
      "playbook.yaml": playbookOf(modules),
      "inventory.yaml": await readFile(lab().inventoryPath, "utf8"),
    });
    try {
      await copyProjectFiles(project.folder);
      await makeBefore(onHost, modules);
      const first = (await project.run("playbook.yaml", { inventory: ["inventory.yaml"] })).results("node1");
      const states = await readStates(onHost, modules);
      const again = (await project.run("playbook.yaml", { inventory: ["inventory.yaml"] })).results("node1");
      const cases = new Map(
        modules.flatMap((module) => module.cases.map((one) => [taskName(module, one), { module, one }])),
      );
      for (const [task, { status, isIgnored, result }] of first) {
        const { module, one } = cases.get(task) ?? {};
        if (!module || !one) continue;
        const repeated = again.get(task);
        answers.set(task, {
          outcome: isIgnored ? "ignored" : status,
          again: repeated?.isIgnored ? "ignored" : (repeated?.status ?? "none"),
          state: states.get(task) ?? "",
          result: answerResult(module, one, JSON.parse(JSON.stringify(result)) as Record<string, unknown>),
        });
      }
    } finally {
      await project.remove();
    }
  });

  for (const module of modules) {
    const recorded = JSON.parse(readFileSync(answersPath(module), "utf8")) as Answers;
    for (const one of module.cases) {
      it(`${module.name}: ${one.name}`, () => {
        const [theirs, ours] = [recorded[one.name], answers.get(taskName(module, one))];
        if (!theirs || !ours) throw new Error("run script/record-differential.ts");
        expect(differences(module, one, theirs, ours)).to.deep.equal({});
      });
    }
  }
}

/** What differs: Ansible's on the left. Deviations that are on purpose must exist. */
function differences(
  module: ModuleCases,
  one: DifferentialCase,
  theirs: Answer,
  ours: Answer,
): Record<string, readonly [unknown, unknown]> {
  const ignored = { ...module.ignore, ...one.ignore };
  const found: Record<string, readonly [unknown, unknown]> = {};
  const compare = (what: string, left: unknown, right: unknown): void => {
    const isSame = isWithin(left, right);
    const isDeviation = Object.hasOwn(one.deviations ?? {}, what);
    if (isSame && isDeviation) found[`${what}: no deviation any more`] = [left, right];
    if (!isSame && !isDeviation) found[what] = [left, right];
  };
  compare("outcome", theirs.outcome, ours.outcome);
  compare("again", theirs.again, ours.again);
  compare("state on the host", theirs.state, ours.state);
  // Why something failed is said in other words.
  const fields = Object.keys(theirs.result).filter((field) => theirs.outcome !== "ignored" || field === "rc");
  for (const field of fields)
    if (!Object.hasOwn(ignored, field)) compare(field, theirs.result[field], ours.result[field]);
  return found;
}

/** Whether ours has all that theirs has; it may have more. Lists of things with paths are lists of files, in any order. */
function isWithin(theirs: unknown, ours: unknown): boolean {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    const [left, right] = [byPath(theirs), byPath(ours)];
    return left.length === right.length && left.every((item, at) => isWithin(item, right[at]));
  }
  if (typeof theirs !== "object" || theirs === null) return theirs === ours;
  if (typeof ours !== "object" || ours === null) return false;
  return Object.entries(theirs).every(([name, value]) => isWithin(value, (ours as Record<string, unknown>)[name]));
}

function byPath(items: readonly unknown[]): readonly unknown[] {
  const pathOf = (item: unknown): string => (item as { readonly path?: string } | null)?.path ?? "";
  return items.toSorted((a, b) => (pathOf(a) < pathOf(b) ? -1 : pathOf(a) > pathOf(b) ? 1 : 0));
}
