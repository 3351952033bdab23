import { change, defineTask, sh, TaskFailure, writeFile, z } from "tsrun";
import { hostname } from "tsrun/state";

export default defineTask({
  name: "hostname",
  summary: "Set the host's name, now and for the next boot",
  args: z.object({
    name: z.string().describe("The name; with a domain when that is wanted"),
    use: z
      .enum(["alpine", "debian", "generic", "openrc", "redhat", "sles", "systemd"])
      .optional()
      .describe("Accepted for Ansible's sake: the kernel and /etc/hostname get the name everywhere"),
  }),
  returns: {
    name: "The name",
    ansible_facts: "Facts that follow from it",
  },
  examples: [{ name: "As in the inventory", yaml: 'hostname:\n  name: "{{ inventory_hostname }}"' }],
  observe: () => ({ host: hostname("host") }),
  plan({ name }, { host }) {
    if (!/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(name) || name.length > 64) {
      throw new TaskFailure(`\`${name}\` is no host name: expected up to 64 letters, digits, dots and dashes`);
    }
    const isCurrent = host.current === name;
    const isPermanent = host.permanent === name;
    if (isCurrent && isPermanent) return [];
    const before = isCurrent ? host.permanent : host.current;
    const steps = [
      // Permanent first: NetworkManager complains about a name that is not in /etc/hostname.
      ...(isPermanent
        ? []
        : [writeFile({ path: "/etc/hostname", content: new TextEncoder().encode(`${name}\n`), unsafeWrites: true })]),
      !isCurrent &&
        sh`if command -v hostname >/dev/null; then hostname -- ${name}; else printf %s ${name} > /proc/sys/kernel/hostname; fi || {
          echo 'the kernel does not let its host name be changed: root in a container needs CAP_SYS_ADMIN' >&2; exit 1; }`,
    ];
    const diff = { before: `hostname = ${before}\n`, after: `hostname = ${name}\n` };
    return [change(hostname("host"), { current: name, permanent: name }, steps, { diff, mayAlter: ["facts"] })];
  },
  result: ({ name }) => ({
    name,
    ansible_facts: {
      ansible_hostname: name.split(".")[0],
      ansible_nodename: name,
      ...(name.includes(".") && { ansible_fqdn: name, ansible_domain: name.slice(name.indexOf(".") + 1) }),
    },
  }),
});
