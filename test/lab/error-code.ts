import { TsrunError } from "../../src/lib/errors.ts";

/** Code of the error that an action throws; undefined when it throws none. */
export function errorCode(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof TsrunError) return thrown.code;
    throw thrown;
  }
}
