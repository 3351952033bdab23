/**
 * A floating-point number that happens to be whole. YAML's and Python's `1.0` prints as `1.0`, not `1`, and playbooks
 * rely on it (`version: 1.0`). Fractional floats are plain JavaScript numbers; integers are plain whole numbers.
 */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  toString(): string {
    return Number.isFinite(this.value) && Math.abs(this.value) < 1e16 ? `${this.value}.0` : String(this.value);
  }

  toJSON(): number {
    return this.value;
  }
}

/** A float as the evaluator keeps it: wrapped only when it would otherwise look like an integer. */
export function toFloat(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value;
}
