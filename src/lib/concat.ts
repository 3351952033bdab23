/** One sequence after the other, each read only when it is reached. */
export function* concat<T>(first: Iterable<T>, second: Iterable<T>): Iterable<T> {
  yield* first;
  yield* second;
}
