import { splitWords } from "./split-words.ts";

/** ssh's options by lower-case keyword, each with its values in the order given; for most keywords the first one counts. */
export type SshOptions = ReadonlyMap<string, readonly string[]>;

const flagsWithValue: Readonly<Record<string, string>> = {
  "-J": "proxyjump",
  "-i": "identityfile",
  "-p": "port",
  "-l": "user",
  "-F": "configfile",
  "-B": "bindinterface",
  "-b": "bindaddress",
  "-c": "ciphers",
  "-m": "macs",
  "-E": "logfile",
  "-S": "controlpath",
  "-D": "dynamicforward",
  "-L": "localforward",
  "-R": "remoteforward",
  "-e": "escapechar",
  "-I": "pkcs11provider",
  "-O": "controlcommand",
  "-Q": "query",
  "-W": "stdioforward",
  "-w": "tunnel",
};

const flags: Readonly<Record<string, readonly [string, string]>> = {
  "-4": ["addressfamily", "inet"],
  "-6": ["addressfamily", "inet6"],
  "-A": ["forwardagent", "yes"],
  "-a": ["forwardagent", "no"],
};

/** Reads arguments meant for the `ssh` program (`ansible_ssh_common_args`). Flags that say nothing about the connection are passed over. */
export function parseSshArguments(text: string): SshOptions {
  const options = new Map<string, string[]>();
  const words = splitWords(text);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const flag = word.slice(0, 2);
    const known = flags[flag];
    if (known) addOption(options, ...known);
    if (flag !== "-o" && flagsWithValue[flag] === undefined) continue;
    const value = word.length > 2 ? word.slice(2) : (words[++at] ?? "");
    if (flag === "-o") addOption(options, ...keywordAndValue(value));
    else addOption(options, flagsWithValue[flag] as string, value);
  }
  return options;
}

/** `Port 2222`, `Port=2222`, `Port = 2222`: the two parts, the keyword in lower case. */
export function keywordAndValue(text: string): [string, string] {
  const found = /^\s*([^\s=]+)(?:\s*=\s*|\s+)?([^]*?)\s*$/.exec(text);
  return [(found?.[1] ?? "").toLowerCase(), found?.[2] ?? ""];
}

export function addOption(options: Map<string, string[]>, keyword: string, value: string): void {
  const values = options.get(keyword);
  if (values) values.push(value);
  else options.set(keyword, [value]);
}

/** The first source that has a keyword decides, except that identity files of all sources are tried. */
export function mergeOptions(...sources: readonly SshOptions[]): SshOptions {
  const merged = new Map<string, readonly string[]>();
  for (const source of sources) {
    for (const [keyword, values] of source) {
      const known = merged.get(keyword);
      if (known === undefined) merged.set(keyword, values);
      else if (keyword === "identityfile") merged.set(keyword, [...new Set([...known, ...values])]);
    }
  }
  return merged;
}
