/** What dnf 4 prints that it would do: `Installed: NAME-VERSION.ARCH` and `Removed: …` by the headings of its table. */
export function plannedByDnf(text: string): readonly string[] {
  const table = /^=+\n Package .*\n=+\n([^]*?)^Transaction Summary/m.exec(text)?.[1] ?? "";
  let word: string | undefined;
  const found: string[] = [];
  // A name that is too long stands on a line of its own.
  for (const line of table.replace(/^( \S+)\n {2,}/gm, "$1 ").split("\n")) {
    if (/^\S/.test(line))
      word = line.startsWith("Remov")
        ? "Removed"
        : /^(Install|Upgrad|Downgrad|Reinstall)/.test(line)
          ? "Installed"
          : undefined;
    const [, name, arch, version] = /^ (\S+) +(\S+) +(\S+) +\S+ +[\d.]+ \S+\s*$/.exec(line) ?? [];
    if (word !== undefined && name !== undefined)
      found.push(`${word}: ${name}-${version?.replace(/^\d+:/, "")}.${arch}`);
  }
  return found;
}

/** What dnf 4 prints that it did. */
export function doneByDnf(text: string): readonly string[] {
  const step =
    /^ +(?:(Installing|Upgrading|Downgrading|Reinstalling)|Erasing|Removing|Cleanup|Obsoleting) *: (\S+) +\d+\/\d+ *$/gm;
  return [...text.matchAll(step)].map(
    ([, made, name = ""]) => `${made === undefined ? "Removed" : "Installed"}: ${name.replace(/^\d+:/, "")}`,
  );
}
