/** Text that is data for ever: `!unsafe` scalars. It is handed on as it is and never parsed as a template. */
export class UnsafeText {
  readonly value: string;

  constructor(value: string) {
    this.value = value;
  }

  toString(): string {
    return this.value;
  }

  toJSON(): string {
    return this.value;
  }
}
