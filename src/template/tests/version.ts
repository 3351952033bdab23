import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { describeValue } from "../values.ts";

type Part = number | string;

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  "==": (order) => order === 0,
  "=": (order) => order === 0,
  eq: (order) => order === 0,
  "!=": (order) => order !== 0,
  "<>": (order) => order !== 0,
  ne: (order) => order !== 0,
  "<": (order) => order < 0,
  lt: (order) => order < 0,
  "<=": (order) => order <= 0,
  le: (order) => order <= 0,
  ">": (order) => order > 0,
  gt: (order) => order > 0,
  ">=": (order) => order >= 0,
  ge: (order) => order >= 0,
};

const TYPES: Readonly<Record<string, (a: string, b: string) => number>> = {
  loose: compareLoose,
  strict: compareStrict,
  semver: compareSemantic,
  semantic: compareSemantic,
  pep440: comparePep440,
};

/** `value is version('1.2', '>=')`: the types are loose (default), strict, semver and pep440. */
export function compareVersions(
  value: unknown,
  other: unknown,
  operator: unknown = "eq",
  strict?: unknown,
  type?: unknown,
): boolean {
  const [mine, theirs] = [toText(value), toText(other)];
  if (mine === "" || theirs === "") throw templateError("a version to compare cannot be empty");
  const operation = Object.hasOwn(OPERATORS, toText(operator)) ? OPERATORS[toText(operator)] : undefined;
  if (!operation)
    throw templateError(
      `unknown operator ${describeValue(operator)}`,
      `it is one of ${Object.keys(OPERATORS).join(", ")}`,
    );
  const isStrict = strict !== undefined && strict !== null && isTruthy(strict);
  const name = type === undefined || type === null ? (isStrict ? "strict" : "loose") : toText(type);
  const compareBy = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (!compareBy)
    throw templateError(`unknown type of version \`${name}\``, `it is one of ${Object.keys(TYPES).join(", ")}`);
  return operation(compareBy(mine, theirs));
}

/** Python's `LooseVersion`: runs of digits as numbers, runs of letters as text; the two cannot be compared. */
function compareLoose(a: string, b: string): number {
  const split = (text: string): Part[] =>
    [...text.matchAll(/\d+|[a-z]+|\.|[^.a-z\d]+/g)]
      .map(([part]) => part)
      .filter((part) => part !== ".")
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return compareParts(split(a), split(b), (x, y) => {
    throw templateError(
      `versions \`${a}\` and \`${b}\` cannot be compared: \`${x}\` against \`${y}\``,
      "give a type: `version(x, '>=', version_type='semver')`",
    );
  });
}

function compareParts(a: readonly Part[], b: readonly Part[], mixed: (x: Part, y: Part) => number): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [x, y] = [a[at] as Part, b[at] as Part];
    if (x === y) continue;
    if (typeof x !== typeof y) return mixed(x, y);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** Python's `StrictVersion`: `1.2`, `1.2.3`, `1.2a1`. */
function compareStrict(a: string, b: string): number {
  const parse = (text: string): Part[] => {
    const match = /^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$/.exec(text);
    if (!match) throw templateError(`\`${text}\` is no strict version`, "for example `1.2.3`");
    // Without a letter it is final: later than any alpha or beta.
    return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0), match[4] ?? "z", Number(match[5] ?? 0)];
  };
  return compareParts(parse(a), parse(b), () => 0);
}

/** Semantic Versioning 2.0. */
function compareSemantic(a: string, b: string): number {
  const parse = (text: string): { core: number[]; pre: Part[] } => {
    const match = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([\dA-Za-z.-]+))?(?:\+[\dA-Za-z.-]+)?$/.exec(text);
    if (!match) throw templateError(`\`${text}\` is no semantic version`, "for example `1.2.3` or `1.2.3-rc.1`");
    const pre = (match[4]?.split(".") ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    return { core: match.slice(1, 4).map(Number), pre };
  };
  const [x, y] = [parse(a), parse(b)];
  const core = compareParts(x.core, y.core, () => 0);
  if (core !== 0) return core;
  if (x.pre.length === 0 || y.pre.length === 0) return y.pre.length - x.pre.length;
  return compareParts(x.pre, y.pre, (left) => (typeof left === "number" ? -1 : 1));
}

/** PEP 440 without local versions' finer points. */
function comparePep440(a: string, b: string): number {
  const parse = (text: string): Part[][] => {
    const match =
      /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)[-_.]?(?:(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:(?:-(\d+))|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([\da-z]+(?:[-_.][\da-z]+)*))?\s*$/i.exec(
        text,
      );
    if (!match) throw templateError(`\`${text}\` is no version of PEP 440`);
    const release = (match[2] as string)
      .replace(/(?:\.0+)+$/, "")
      .split(".")
      .map(Number);
    const kind = { a: 0, alpha: 0, b: 1, beta: 1, c: 2, rc: 2, pre: 2, preview: 2 }[match[3]?.toLowerCase() ?? ""];
    const isPost = match[5] !== undefined || match[6] !== undefined;
    const isDev = match[8] !== undefined;
    const pre = kind === undefined ? (!isPost && isDev ? [-1, 0] : [3, 0]) : [kind, Number(match[4] || 0)];
    const post = isPost ? [1, Number(match[5] ?? (match[7] || 0))] : [0, 0];
    const dev = isDev ? [0, Number(match[9] || 0)] : [1, 0];
    return [[Number(match[1] ?? 0)], release, pre, post, dev, match[10] === undefined ? [] : match[10].split(/[-_.]/)];
  };
  const [x, y] = [parse(a), parse(b)];
  for (let at = 0; at < x.length; at++) {
    const order = compareParts(x[at] as Part[], y[at] as Part[], () => 0);
    if (order !== 0) return order;
  }
  return 0;
}
