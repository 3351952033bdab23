/** A task that cannot do what was asked: thrown by `plan`, `prepare` and actions. Its fields join the result that `register` keeps. */
export class TaskFailure extends Error {
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "TaskFailure";
    this.fields = fields;
  }
}
