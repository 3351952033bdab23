import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

/** How this machine reaches Debian's archive, to be used by the lab's hosts in the same way. */
export interface AptSettings {
  /** Base address of the archive; undefined when the machine names none. */
  readonly mirror: string | undefined;
  readonly securityMirror: string | undefined;
  /** Lines for an `apt.conf.d` file: proxies and clock checks. */
  readonly conf: readonly string[];
  /** PEM texts of certificates that the machine trusts on top of its distribution's. */
  readonly certificates: readonly string[];
}

/** One entry of apt's sources: an archive and its suites. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** Reads this machine's apt sources, proxies and extra certificates. A machine without apt has none of them. */
export async function readMachineApt(): Promise<AptSettings> {
  const files = [
    ["/etc/apt/sources.list", await textOf("/etc/apt/sources.list")] as const,
    ...(await filesIn("/etc/apt/sources.list.d", /\.(list|sources)$/)),
  ];
  const sources = files.flatMap(([path, text]) => (path.endsWith(".sources") ? parseDeb822(text) : parseOneLine(text)));
  const dump = await runCommand(["apt-config", "dump"], { timeoutMs: 10_000 });
  const certificates = [
    ...(await filesIn("/usr/local/share/ca-certificates", /\.crt$/)),
    ...(await filesIn("/etc/pki/ca-trust/source/anchors", /\.(crt|pem)$/)),
  ];
  return {
    ...debianMirrors(sources),
    conf: networkSettings(dump.stdout, process.env),
    certificates: certificates.map(([, text]) => text.trim()).filter((text) => text.includes("BEGIN CERTIFICATE")),
  };
}

const debianSuite = /^(bullseye|bookworm|trixie|forky|sid|oldoldstable|oldstable|stable|testing|unstable)$/;
const debianSecuritySuite = /^[a-z]+(-security|\/updates)$/;

/** The first archive and the first security archive of Debian among some sources. */
export function debianMirrors(sources: readonly AptSource[]): Pick<AptSettings, "mirror" | "securityMirror"> {
  const main = sources.filter((source) => source.components.includes("main") && /^https?:/.test(source.uri));
  // Vendors' archives use Debian's suite names too; a mirror of Debian itself ends in `/debian`.
  const archive = main.find(
    ({ uri, suites }) => uri.endsWith("/debian") && suites.some((suite) => debianSuite.test(suite)),
  );
  const security = main.find(
    ({ uri, suites }) => uri.includes("security") && suites.some((suite) => debianSecuritySuite.test(suite)),
  );
  // Ubuntu's security suites look alike; they count only beside an archive of Debian.
  return { mirror: archive?.uri, securityMirror: archive && security?.uri };
}

/** Sources in the format of `sources.list(5)`: `deb [options] uri suite component...`. */
export function parseOneLine(text: string): readonly AptSource[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => /^deb\s/.test(line))
    .map((line) =>
      line
        .replace(/^deb\s+(\[[^\]]*\]\s*)?/, "")
        .trim()
        .split(/\s+/),
    )
    .map(([uri = "", suite = "", ...components]) => ({ uri: trimSlash(uri), suites: [suite], components }));
}

/** Sources in deb822 format: stanzas of `Types`, `URIs`, `Suites`, `Components`. */
export function parseDeb822(text: string): readonly AptSource[] {
  const stanzas = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const words = (field: string): readonly string[] =>
      (new RegExp(`^${field}:((?:.*(?:\\n[ \\t].*)*))`, "im").exec(stanza)?.[1] ?? "").split(/\s+/).filter(Boolean);
    if (!words("Types").includes("deb") || words("Enabled")[0] === "no") return [];
    const suites = words("Suites");
    return words("URIs").map((uri) => ({ uri: trimSlash(uri), suites, components: words("Components") }));
  });
}

const keptSetting =
  /^Acquire::(https?::(Proxy|Verify-Peer|Pipeline-Depth)(::\S+)?|Check-(Valid-Until|Date)|Max-FutureTime|Retries) "[^"]+";$/i;

/**
 * The settings that decide whether a download works, out of `apt-config dump`, plus proxies from the environment.
 * A proxy on the machine's loopback is reached from a host under the name that the engine gives the machine.
 */
export function networkSettings(
  aptConfigDump: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const lines = aptConfigDump.split("\n").filter((line) => keptSetting.test(line));
  for (const scheme of ["http", "https"]) {
    const proxy = env[`${scheme}_proxy`];
    const isSet = lines.some((line) => line.toLowerCase().startsWith(`acquire::${scheme}::proxy `));
    if (proxy && !isSet) lines.push(`Acquire::${scheme}::Proxy "${proxy}";`);
  }
  return lines.map((line) => line.replace(/\/\/(localhost|127\.0\.0\.1)(?=[:/"])/, "//host.containers.internal"));
}

function trimSlash(uri: string): string {
  return uri.replace(/\/+$/, "");
}

async function filesIn(folder: string, pattern: RegExp): Promise<readonly (readonly [string, string])[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => pattern.test(name)).sort();
  return Promise.all(names.map(async (name) => [name, await textOf(join(folder, name))] as const));
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
