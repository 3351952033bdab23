import { TsrunError } from "../lib/errors.ts";

/** Sizes of `serial` (numbers, `"30%"`, or a list of them) applied to hosts; the last size repeats. One batch when there is none. */
export function batches<T>(hosts: readonly T[], serial: unknown): readonly (readonly T[])[] {
  const sizes = (Array.isArray(serial) ? serial : serial === undefined ? [] : [serial]).map((size) =>
    batchSize(size, hosts.length),
  );
  if (sizes.length === 0 || hosts.length === 0) return [hosts];
  const result: (readonly T[])[] = [];
  for (let at = 0; at < hosts.length; ) {
    const size = sizes[Math.min(result.length, sizes.length - 1)] as number;
    if (size <= 0) return [...result, hosts.slice(at)];
    result.push(hosts.slice(at, at + size));
    at += size;
  }
  return result;
}

/** A share of at least one host, as Ansible's `pct_to_int`; 0 means all. */
function batchSize(size: unknown, total: number): number {
  const text = String(size).trim();
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percent) return Math.max(1, Math.floor((Number(percent[1]) / 100) * total));
  const count = Number(text);
  if (Number.isInteger(count)) return Math.max(0, count);
  throw new TsrunError({
    code: "E_SERIAL",
    message: `expected a number of hosts or a percentage for \`serial\`, got \`${text}\``,
    hint: 'serial: 2, or serial: "25%"',
  });
}
