/**
 * Order of two versions of Python packages (PEP 440): negative when the first is older. What is no such version is older than all that
 * are, and ordered as text.
 */
export function comparePythonVersions(first: string, second: string): number {
  const [a, b] = [sortKey(first), sortKey(second)];
  if (!a || !b) return a ? 1 : b ? -1 : first < second ? -1 : Number(first > second);
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** Whether a version fulfils a list of clauses such as `>=1.2, !=1.3.*, <2`. Pre-releases count like others. */
export function isPythonVersionIn(version: string, clauses: string): boolean {
  return clauses
    .split(",")
    .map((clause) => clause.trim())
    .filter(Boolean)
    .every((clause) => {
      const [, operator = "", wanted = ""] = /^(===|==|!=|<=|>=|~=|<|>)\s*(\S+)$/.exec(clause) ?? [];
      return operator !== "" && fulfils(version, operator, wanted);
    });
}

function fulfils(version: string, operator: string, wanted: string): boolean {
  if (operator === "===") return version === wanted;
  if (wanted.endsWith(".*")) {
    const isSame = hasPrefix(version, wanted.slice(0, -2));
    return operator === "==" ? isSame : operator === "!=" && !isSame;
  }
  // A local version counts only where the clause has one.
  const own = wanted.includes("+") ? version : version.replace(/\+.*$/, "");
  const order = comparePythonVersions(own, wanted);
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
    // Neither a candidate of the version nor a post-release of it is meant, unless the clause names such a one.
    case "<":
      return order < 0 && !(isSameRelease(own, wanted) && isPre(own) && !isPre(wanted));
    case ">":
      return order > 0 && !(isSameRelease(own, wanted) && isPost(own) && !isPost(wanted));
    default: {
      // ~=1.4.2 is >=1.4.2 and ==1.4.*
      const series = wanted.replace(/^v/i, "").match(/^(?:\d+!)?\d+(?:\.\d+)*/)?.[0] ?? wanted;
      return order >= 0 && hasPrefix(version, series.replace(/\.\d+$/, ""));
    }
  }
}

function hasPrefix(version: string, prefix: string): boolean {
  const numbers = (text: string) => (/^v?(?:\d+!)?(\d+(?:\.\d+)*)/i.exec(text)?.[1] ?? "").split(".").map(Number);
  const own = numbers(version);
  return numbers(prefix).every((part, index) => (own[index] ?? 0) === part);
}

function isSameRelease(first: string, second: string): boolean {
  const release = (version: string) =>
    sortKey(version)
      ?.slice(0, 1 + parts)
      .join(".");
  return release(first) === release(second);
}

function isPre(version: string): boolean {
  const key = sortKey(version);
  return key !== undefined && (key[1 + parts] !== 4 || key.at(-2) === 0);
}

function isPost(version: string): boolean {
  return sortKey(version)?.[3 + parts] === 1;
}

const phases: Readonly<Record<string, number>> = { a: 1, alpha: 1, b: 2, beta: 2, c: 3, rc: 3, pre: 3, preview: 3 };
const pattern =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+[a-z0-9._-]+)?$/i;
const parts = 8;

/** Numbers whose order is that of the versions. A release is newer than its candidates and older than its posts. */
function sortKey(version: string): readonly number[] | undefined {
  const match = pattern.exec(version.trim());
  if (!match) return undefined;
  const [, epoch = "0", release = "", phase, phaseNumber, bare, post, postNumber, dev, devNumber] = match;
  const numbers = release.split(".").map(Number);
  const hasPost = bare !== undefined || post !== undefined;
  const isOnlyDev = dev !== undefined && phase === undefined && !hasPost;
  return [
    Number(epoch),
    ...Array.from({ length: parts }, (_, index) => numbers[index] ?? 0),
    isOnlyDev ? 0 : phase === undefined ? 4 : (phases[phase.toLowerCase()] as number),
    Number(phaseNumber || 0),
    hasPost ? 1 : 0,
    Number(bare ?? (postNumber || 0)),
    dev === undefined ? 1 : 0,
    Number(devNumber || 0),
  ];
}
