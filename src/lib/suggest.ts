/** The candidate that a person most likely meant, or undefined when none is near. Edit distance at most a third of the length. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    // Of two that are as near, the one that only lacks letters: `taks` is `tasks` rather than `tags`, but `fro` is `for`.
    const isNearer =
      distance === bestDistance &&
      best !== undefined &&
      isPartOf(word, candidate) &&
      !isPartOf(word, best) &&
      !isSwapOf(word, best);
    if (distance < bestDistance || isNearer) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Whether all letters of the word stand in the other in the same order. */
function isPartOf(word: string, other: string): boolean {
  let at = 0;
  for (const letter of other) if (letter === word[at]) at += 1;
  return at === word.length;
}

/** Whether both have the same letters. */
function isSwapOf(word: string, other: string): boolean {
  return word.split("").sort().join("") === other.split("").sort().join("");
}

/** The hint "did you mean `x`?" when some candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const near = suggest(word, candidates);
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}

/** Damerau-Levenshtein distance with adjacent transpositions (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(
        (previous[j] as number) + 1,
        (current[j - 1] as number) + 1,
        (previous[j - 1] as number) + cost,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (twoBack[j - 2] as number) + 1);
      }
      current.push(distance);
    }
    twoBack = previous;
    previous = current;
  }
  return previous[b.length] as number;
}
