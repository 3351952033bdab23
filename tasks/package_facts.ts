import { defineAction, sh, TaskFailure, z } from "tsrun";

export default defineAction({
  name: "package_facts",
  summary: "Read the installed packages as the fact `packages`",
  args: z.object({
    manager: z
      .array(z.enum(["auto", "apt", "rpm", "apk", "pacman", "pkg", "pkg_info", "portage"]))
      .default(["auto"])
      .describe("Which package database; found out by itself. Only those of apt, rpm and apk can be read"),
    strategy: z.enum(["first", "all"]).default("first").describe("One database or all that there are"),
  }),
  returns: {
    ansible_facts: "`packages`: by name a list with version, architecture and source",
  },
  examples: [{ name: "Read them", yaml: "package_facts:" }],
  runsOn: "host",
  writes: false,
  inCheckMode: "run",
  async run({ manager, strategy }, { host }) {
    const isWanted = (name: "apt" | "rpm" | "apk") => manager.includes("auto") || manager.includes(name);
    const { stdout } = await host.execReadonly({
      script: sh`one() { [ ${strategy} = first ] && exit 0; :; }
${isWanted("apt") && sh`if command -v dpkg-query >/dev/null; then printf 'apt\n'; dpkg-query -W -f '\${db:Status-Abbrev}\t\${Package}\t\${Version}\t\${Architecture}\t\${Section}\n'; one; fi`}
${isWanted("rpm") && sh`if command -v rpm >/dev/null; then printf 'rpm\n'; rpm -qa --qf 'ii \t%{NAME}\t%{VERSION}\t%{ARCH}\t%{RELEASE}\t%{EPOCH}\n'; one; fi`}
${isWanted("apk") && sh`if command -v apk >/dev/null; then printf 'apk\n'; apk info -v 2>/dev/null | while read -r p; do printf 'ii \t%s\t%s\t\t\n' "\${p%-*-r*}" "\${p#"\${p%-*-r*}"-}"; done; one; fi`}
exit 0`,
    });
    const packages: Record<string, Record<string, unknown>[]> = {};
    let source: string | undefined;
    for (const line of stdout.split("\n")) {
      if (/^(apt|rpm|apk)$/.test(line)) source = line;
      const [status = "", name, version, arch, extra, epoch] = line.split("\t");
      if (source === undefined || name === undefined || !status.startsWith("ii")) continue;
      const more =
        source === "apt"
          ? { arch, category: extra, origin: "" }
          : source === "rpm"
            ? { arch, release: extra, epoch: epoch === "(none)" ? null : Number(epoch) }
            : { release: version?.split("-r")[1] };
      (packages[name] ??= []).push({ name, version, source, ...more });
    }
    if (source === undefined)
      throw new TaskFailure(
        `Could not detect a supported package manager from the following list: ${manager.join(", ")}`,
      );
    return { ansible_facts: { packages } };
  },
});
