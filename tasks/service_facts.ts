import { defineAction, sh, z } from "tsrun";

interface Service {
  readonly name: string;
  readonly state: string;
  readonly status?: string;
  readonly source: string;
}

export default defineAction({
  name: "service_facts",
  summary: "Read the state of all services as the fact `services`",
  args: z.object({}),
  returns: {
    ansible_facts: "`services`: by name the state, whether it starts at boot, and where that was found out",
  },
  examples: [{ name: "Read them", yaml: "service_facts:" }],
  runsOn: "host",
  writes: false,
  inCheckMode: "run",
  async run(_, { host }) {
    const { stdout } = await host.execReadonly({
      script: sh`systemctl list-units --plain --no-legend --no-pager --full --all --type service 2>/dev/null; printf '\0'
systemctl list-unit-files --no-legend --no-pager --full --all --type service 2>/dev/null; printf '\0'
systemctl show -p Names,ActiveState $(systemctl list-unit-files --no-legend --no-pager --full --type service 2>/dev/null | while read -r u x; do case $u in *@.*) ;; *) echo "$u";; esac; done) </dev/null 2>/dev/null; printf '\0'
service --status-all 2>/dev/null </dev/null
exit 0`,
    });
    const [units = "", files = "", shown = "", scripts = ""] = stdout.split("\0");
    const services = new Map<string, Service>();
    for (const [name = "", load = "", , sub = ""] of rows(units)) {
      const isBad = load === "not-found" || load === "masked" || sub === "failed";
      const status =
        load === "not-found" || load === "masked"
          ? load
          : sub === "failed"
            ? "failed"
            : (rows(units).find(([other]) => other === name)?.[2] ?? "unknown");
      services.set(name, {
        name,
        state: sub === "running" && !isBad ? "running" : "stopped",
        status,
        source: "systemd",
      });
    }
    const active = new Map(shown.split("\n\n").flatMap(namesWithState));
    for (const [name = "", status = ""] of rows(files)) {
      const known = services.get(name);
      if (!known) services.set(name, { name, state: active.get(name) ?? "unknown", status, source: "systemd" });
      else if (!["not-found", "masked", "failed"].includes(known.status ?? ""))
        services.set(name, { ...known, status });
    }
    for (const [, sign, name = ""] of scripts.matchAll(/^ *\[ ([+-]) \] +(\S+)/gm)) {
      services.set(name, { name, state: sign === "+" ? "running" : "stopped", source: "sysv" });
    }
    return { ansible_facts: { services: Object.fromEntries(services) } };
  },
});

function namesWithState(block: string): [string, string][] {
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(block)?.[1] ?? "";
  return value("Names")
    .split(" ")
    .map((name) => [name, value("ActiveState")]);
}

function rows(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.replace(/^[●*]/, "").trim().split(/\s+/));
}
