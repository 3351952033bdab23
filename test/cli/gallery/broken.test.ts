import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { dump, load } from "js-yaml";
import { runMain } from "../run-main.ts";

const cases = fileURLToPath(new URL("../../conformance/cases/", import.meta.url));
const rounds = Number(process.env.BROKEN_ROUNDS ?? 150);

/** Values that stand where others are expected. */
const strange: readonly unknown[] = [
  null,
  "",
  "x",
  7,
  -1,
  true,
  [],
  {},
  ["x"],
  [null],
  [[]],
  { a: 1 },
  { name: [] },
  "{{",
  "{{ x }}",
];

/**
 * Playbooks of the conformance suite with one to three values, keys or entries broken at random: `--syntax-check` must say it is fine or what
 * is wrong, and never stumble. BROKEN_ROUNDS gives more rounds than `script/test` has time for.
 */
describe("broken projects", function () {
  this.timeout(120_000);

  it(`are told as errors of the user, ${rounds} of them`, async () => {
    const playbooks = readdirSync(cases, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.ya?ml$/.test(name))
      .sort();
    const stumbled: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const random = randomOf(round);
      const name = playbooks[Math.floor(random() * playbooks.length)] as string;
      const found = await checkBroken(name, random);
      if (found !== undefined) stumbled.push(`round ${round}, ${name}: ${found}`);
    }
    expect(stumbled).to.deep.equal([]);
  });
});

async function checkBroken(name: string, random: () => number): Promise<string | undefined> {
  const folder = name.split("/").slice(0, 2).join("/");
  const project = mkdtempSync(join(tmpdir(), "tsrun-broken-"));
  try {
    cpSync(join(cases, folder), project, { recursive: true });
    const file = join(project, name.slice(folder.length + 1));
    let document: unknown;
    try {
      document = load(readFileSync(file, "utf8"));
    } catch {
      return undefined;
    }
    const changes = 1 + Math.floor(random() * 3);
    for (let change = 0; change < changes; change += 1) document = broken(document, random);
    const text = dump(document, { noRefs: true });
    writeFileSync(file, text);
    const playbook = readdirSync(project).find((entry) => /^(playbook|site)\.ya?ml$/.test(entry)) ?? file;
    const { stderr, exitCode } = await runMain(["playbook", playbook, "--syntax-check"], project);
    const isTold = exitCode === 0 || (exitCode === 1 && /E_[A-Z_]+$/m.test(stderr));
    return isTold ? undefined : `exit ${exitCode}\n${stderr}\n${text}`;
  } finally {
    rmSync(project, { recursive: true });
  }
}

/** The value with one thing in it changed, at any depth. */
function broken(value: unknown, random: () => number): unknown {
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  if (typeof value !== "object" || value === null || random() < 0.08) return any(strange);
  const keys = Object.keys(value);
  if (keys.length === 0) return any(strange);
  const key = any(keys);
  const action = random();
  if (Array.isArray(value)) {
    if (action < 0.1) return value.toSpliced(Number(key), 1);
    return value.with(Number(key), broken(value[Number(key)], random));
  }
  const entries = Object.entries(value);
  if (action < 0.1) return Object.fromEntries(entries.filter(([name]) => name !== key));
  if (action < 0.2)
    return Object.fromEntries(entries.map(([name, member]) => [name === key ? `${name}x` : name, member]));
  return {
    ...value,
    [key]: broken((value as Record<string, unknown>)[key], random),
  };
}

/** Numbers from 0 to 1, the same for a seed each time (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
