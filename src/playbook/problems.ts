import { type ErrorDetails, TsrunError, TsrunErrors } from "../lib/errors.ts";

/** Collects what is wrong with a file, so that a person sees all of it at once. */
export class Problems {
  readonly #errors: TsrunError[] = [];

  report(details: ErrorDetails): void {
    this.#errors.push(new TsrunError(details));
  }

  /** Throws what was reported, in the order of the file. */
  throwIfAny(): void {
    if (this.#errors.length === 0) return;
    const inOrder = [...this.#errors].sort((a, b) => (a.at?.start ?? 0) - (b.at?.start ?? 0));
    throw inOrder.length === 1 ? (inOrder[0] as TsrunError) : new TsrunErrors(inOrder);
  }
}
