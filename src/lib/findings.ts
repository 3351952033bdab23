import { errorsOf, throwAll, type TsrunError } from "./errors.ts";

/** Errors that are told together. Outside of a pass each is thrown where it is found. */
export class Findings {
  #errors: TsrunError[] = [];
  #passes = 0;

  /** Keeps what went wrong for the end of the pass. Throws it where none goes on, and always what is no error of the user's. */
  report(thrown: unknown): void {
    const errors = errorsOf(thrown);
    if (this.#passes === 0) throw thrown;
    this.#errors.push(...errors);
  }

  /** What `action` answers; `instead` when it throws, for the pass to go on. */
  attempt<T>(action: () => T, instead: T): T {
    try {
      return action();
    } catch (error) {
      this.report(error);
      return instead;
    }
  }

  /** A pass: what goes wrong in it is thrown at its end, or at the end of the pass around it. */
  together<T>(action: () => T): T {
    this.open();
    let result: T | undefined;
    try {
      result = this.attempt(action, undefined);
    } finally {
      this.#passes -= 1;
    }
    if (this.#passes === 0) throwAll(this.#taken());
    return result as T;
  }

  /** Begins a pass that `close` ends. */
  open(): void {
    this.#passes += 1;
  }

  /** Ends a pass and answers what was found. */
  close(): readonly TsrunError[] {
    this.#passes -= 1;
    return this.#taken();
  }

  #taken(): readonly TsrunError[] {
    const errors = this.#errors;
    this.#errors = [];
    return errors;
  }
}
