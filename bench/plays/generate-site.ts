import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const roles = 20;
const tasksPerRole = 50;

/** Writes a site of 1,000 tasks in 20 roles as roles usually look, and returns its playbook's path. */
export async function generateSite(folder: string): Promise<string> {
  const names = Array.from({ length: roles }, (_, index) => `service${index + 1}`);
  for (const name of names) {
    for (const part of ["tasks", "defaults", "handlers"])
      await mkdir(join(folder, "roles", name, part), { recursive: true });
    const tasks = Array.from({ length: tasksPerRole }, (_, index) => taskText(name, index)).join("\n");
    await writeFile(join(folder, "roles", name, "tasks/main.yaml"), tasks);
    await writeFile(
      join(folder, "roles", name, "defaults/main.yaml"),
      `${name}_port: 8080\n${name}_paths: [a, b]\n${name}_on: true\n`,
    );
    await writeFile(
      join(folder, "roles", name, "handlers/main.yaml"),
      `- name: restart ${name}\n  systemd: { name: ${name}, state: restarted }\n`,
    );
  }
  await writeFile(join(folder, "inventory.yaml"), "all: { hosts: { web1: {}, web2: {} } }\n");
  const playbook = join(folder, "site.yaml");
  await writeFile(playbook, `- hosts: all\n  become: true\n  roles: [${names.join(", ")}]\n`);
  return playbook;
}

function taskText(role: string, index: number): string {
  const path = `/etc/${role}/conf.d/{{ item }}-${index}.conf`;
  const shapes = [
    `package: { name: ${role}-plugin-${index}, state: present }\n  when: ${role}_on | bool`,
    `file: { path: "/srv/${role}/${index}", state: directory, owner: root, mode: "0755" }`,
    `copy: { content: "port = {{ ${role}_port }}\\n", dest: "${path}", mode: "0644" }\n  loop: "{{ ${role}_paths }}"\n  notify: restart ${role}`,
    `lineinfile: { path: "/etc/${role}.conf", regexp: "^option${index}=", line: "option${index}={{ ${role}_port | int + ${index} }}" }`,
    `command: { cmd: "${role} --check ${index}" }\n  changed_when: false\n  register: ${role}_check_${index}`,
  ];
  return `- name: ${role} step ${index}\n  ${shapes[index % shapes.length]}\n  tags: [${role}]\n`;
}
