import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";

const plugins = fileURLToPath(new URL("record-conformance", import.meta.url));

const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: homedir(),
  LANG: "C.UTF-8",
  TZ: "UTC",
  PYTHONDONTWRITEBYTECODE: "1",
  ANSIBLE_CALLBACK_PLUGINS: plugins,
  ANSIBLE_STDOUT_CALLBACK: "transcript_events",
  // tsrun has the native types of Ansible 2.19 and later; without this 2.14 gives text.
  ANSIBLE_JINJA2_NATIVE: "True",
  // One after the other, so that every recording has one order.
  ANSIBLE_FORKS: "1",
  ANSIBLE_LOCALHOST_WARNING: "False",
  ANSIBLE_DEPRECATION_WARNINGS: "False",
};

export interface AnsibleRun {
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** Runs `playbook.yaml` of a directory with real Ansible, which writes what happens to the file `events` as JSON lines. */
export function runAnsible(
  args: readonly string[],
  cwd: string,
  events: string,
  options: { readonly timeoutMs?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<AnsibleRun> {
  return new Promise((resolve, reject) => {
    const child = spawn("ansible-playbook", ["playbook.yaml", ...args], {
      cwd,
      env: { ...environment, TRANSCRIPT_EVENTS: events, ...options.env },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: options.timeoutMs ?? 120_000,
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stderr }));
  });
}
