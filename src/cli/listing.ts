import type { ListedPlay, ListedPlaybook } from "../project/options.ts";
import { escapeLine } from "../report/escape-controls.ts";

export interface WantedListing {
  readonly hosts: boolean;
  readonly tasks: boolean;
  readonly tags: boolean;
}

/** The text of `--list-hosts`, `--list-tasks` and `--list-tags`, laid out as Ansible does. */
export function listingText(playbooks: readonly ListedPlaybook[], wanted: WantedListing): string {
  return playbooks
    .map(({ path, plays }) => {
      const listed = plays.map((play, index) => playText(play, index + 1, wanted)).join("\n");
      return `\nplaybook: ${escapeLine(path)}\n\n${listed}`;
    })
    .join("");
}

function playText(play: ListedPlay, number: number, wanted: WantedListing): string {
  const lines = [
    `  play #${number} (${escapeLine(play.pattern)}): ${escapeLine(play.name)}\tTAGS: [${play.tags.join(", ")}]`,
  ];
  if (wanted.hosts) {
    lines.push(`    pattern: ${escapeLine(play.pattern)}`, `    hosts (${play.hosts.length}):`);
    lines.push(...play.hosts.map((host) => `      ${escapeLine(host)}`));
  }
  if (wanted.tasks) {
    lines.push("    tasks:");
    lines.push(...play.tasks.map((task) => `      ${escapeLine(task.name)}\tTAGS: [${task.tags.join(", ")}]`));
  }
  if (wanted.tags) {
    const tags = new Set([...play.tags, ...play.tasks.flatMap((task) => task.tags)]);
    lines.push(`      TASK TAGS: [${[...tags].sort().join(", ")}]`);
  }
  return `${lines.join("\n")}\n`;
}
