import { allModules } from "../../src/modules/all-modules.ts";

export interface ModuleExample {
  readonly module: string;
  /** `module: name`. */
  readonly title: string;
  readonly yaml: string;
}

/** The examples of all modules' documentation. */
export async function moduleExamples(): Promise<readonly ModuleExample[]> {
  return (await allModules([])).flatMap(({ name: module, examples }) =>
    examples.map(({ name, yaml }) => ({ module, title: `${module}: ${name}`, yaml })),
  );
}

/** Files that the examples name, by their path in the project. */
export const exampleFiles: Readonly<Record<string, string>> = {
  "Debian.yaml": "- {name: included, debug: {msg: included}}\n",
  "vars/Debian.yaml": "from_debian: 1\n",
  "vars/settings/one.yaml": "from_settings: 1\n",
  "files/site/index.html": "<h1>site</h1>\n",
  "files/foo.conf": "foo = 1\n",
  "files/web.nomad.hcl": 'job "web" {}\n',
  "files/scripts/set-up.sh": "#!/bin/sh\nmkdir -p /opt/app; touch /opt/app/ready\n",
  "templates/sshd_config.j2": "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n",
  "roles/consul/tasks/health.yaml": "- {name: health, debug: {msg: healthy}}\n",
};

const variables = {
  anna_password: "anna's own",
  shop_password: "the shop's own",
  registry_password: "geheim",
  consul_domain: "consul",
  port: 80,
  kernel: { changed: false },
  job: { ansible_job_id: "1.1" },
};

/** A playbook with these examples as its tasks, each going on after a failure. */
export function examplesPlaybook(examples: readonly ModuleExample[]): string {
  const tasks = examples.map(({ title, yaml }) => {
    const lines = yaml.trimEnd().split("\n");
    return [`- name: ${JSON.stringify(title)}`, ...lines, "ignore_errors: true"].map((line, at) =>
      at === 0 ? `    ${line}` : `      ${line}`,
    );
  });
  return `- hosts: consul_servers\n  become: true\n  vars: ${JSON.stringify(variables)}\n  tasks:\n${tasks.flat().join("\n")}\n`;
}
