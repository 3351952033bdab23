/** A database that could not be asked. Counts as absent, so that check mode knows it may come. */
export interface Unreached {
  readonly exists: false;
  readonly problem: string;
}

export function isUnreached(answer: unknown): answer is Unreached {
  return typeof answer === "object" && answer !== null && "problem" in answer && "exists" in answer;
}
