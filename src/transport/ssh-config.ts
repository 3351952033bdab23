import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { optionsFor, readSshConfig, type SshConfigFile } from "./ssh-config-file.ts";
import { addOption, keywordAndValue, mergeOptions, type SshOptions } from "./ssh-options.ts";

/**
 * What ssh_config says for hosts. Our own parser answers where it is exact; with `Match` blocks `ssh -G` does, at the
 * cost of a process a host, and without an `ssh` program those blocks are passed over.
 */
export class SshConfig {
  readonly #files = new Map<string, SshConfigFile>();
  readonly #asked = new Map<string, Promise<SshOptions | undefined>>();

  /** Options for a host as the user names it. `configFile` is ssh's `-F`; `none` reads nothing. */
  async options(host: string, user: string | undefined, configFile: string | undefined): Promise<SshOptions> {
    if (configFile === "none" || configFile === "/dev/null") return new Map();
    const paths = configFile === undefined ? [join(homedir(), ".ssh/config"), "/etc/ssh/ssh_config"] : [configFile];
    const files = paths.map((path) => this.#read(path.replace(/^~(?=\/)/, homedir())));
    if (files.some((file) => file.hasMatch)) {
      const answer = await this.#askSsh(host, user, configFile);
      if (answer) return answer;
    }
    return mergeOptions(...files.map((file) => optionsFor(file, host)));
  }

  #read(path: string): SshConfigFile {
    let file = this.#files.get(path);
    if (!file) {
      file = readSshConfig(path);
      this.#files.set(path, file);
    }
    return file;
  }

  #askSsh(host: string, user: string | undefined, configFile: string | undefined): Promise<SshOptions | undefined> {
    if (host.startsWith("-")) return Promise.resolve(undefined);
    const args = [...(configFile ? ["-F", configFile] : []), ...(user ? ["-l", user] : []), "-G", "--", host];
    const key = args.join("\0");
    let answer = this.#asked.get(key);
    if (!answer) {
      answer = sshDashG(args);
      this.#asked.set(key, answer);
    }
    return answer;
  }
}

function sshDashG(args: readonly string[]): Promise<SshOptions | undefined> {
  return new Promise((resolve) => {
    execFile("ssh", args, { timeout: 10_000 }, (error, stdout) => resolve(error ? undefined : parsePairs(stdout)));
  });
}

function parsePairs(text: string): SshOptions {
  const options = new Map<string, string[]>();
  for (const line of text.split("\n")) if (line !== "") addOption(options, ...keywordAndValue(line));
  return options;
}
