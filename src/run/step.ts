import type { RunHooks } from "../project/options.ts";

/** `--step`: the person is asked before each task. Anything but `y` and `c` leaves it out, as with Ansible. */
export class Step {
  readonly #hooks: RunHooks;
  #isAsking: boolean;

  constructor(isAsking: boolean, hooks: RunHooks) {
    this.#isAsking = isAsking;
    this.#hooks = hooks;
  }

  /** Whether the task is to be run. `c` stops the asking. */
  async permits(name: string): Promise<boolean> {
    if (!this.#isAsking) return true;
    const answer = await this.#hooks.ask({ text: `Perform task: ${name} (N)o/(y)es/(c)ontinue: `, isSecret: false });
    if (/^c(ontinue)?$/i.test(answer.trim())) this.#isAsking = false;
    return !this.#isAsking || /^y(es)?$/i.test(answer.trim());
  }
}
