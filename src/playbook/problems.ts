import { type ErrorDetails, throwAll, TsrunError } from "../lib/errors.ts";
import type { Findings } from "../lib/findings.ts";

/** Collects what is wrong with a file, so that a person sees all of it at once. */
export class Problems {
  readonly #errors: TsrunError[] = [];

  report(details: ErrorDetails): void {
    this.#errors.push(new TsrunError(details));
  }

  /** Throws what was reported, in the order of the file. */
  throwIfAny(): void {
    throwAll([...this.#errors].sort((a, b) => (a.at?.start ?? 0) - (b.at?.start ?? 0)));
  }

  /** Hands on what was reported, so that a part of a file that is right can be looked at further. */
  tell(findings: Findings): void {
    findings.attempt(() => this.throwIfAny(), undefined);
  }
}
