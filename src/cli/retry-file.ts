import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { RunOptions } from "../project/options.ts";
import type { RunEvent } from "../run/events.ts";

/**
 * Writes the names of the hosts that a run left failed or unreachable, a line each, where the configuration asks for it
 * (`retry_files_enabled`). Answers the path, for `--limit @FILE`; undefined when there is nothing to write.
 */
export function writeRetryFile(event: RunEvent, options: RunOptions): string | undefined {
  const [playbook] = options.playbooks;
  if (event.type !== "run_end" || playbook === undefined || options.settings?.retry_files_enabled !== true)
    return undefined;
  const hosts = Object.entries(event.recap)
    .filter(([, { failed, unreachable }]) => failed > 0 || unreachable > 0)
    .map(([host]) => host);
  if (hosts.length === 0) return undefined;
  // `site.yaml` may stand for `playbooks/site.yaml`.
  const given = resolve(options.cwd, playbook);
  const beside = dirname(existsSync(given) ? given : resolve(options.cwd, "playbooks", playbook));
  const directory = options.settings.retry_files_save_path ?? beside;
  const path = join(directory, `${basename(playbook, extname(playbook))}.retry`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, hosts.map((host) => `${host}\n`).join(""));
  return path;
}
