/**
 * The main job on throw-away hosts: three servers and a client of Consul and Nomad, the playbook run twice. Nomad comes from HashiCorp's
 * releases where they can be reached, else a stand-in that answers like it and runs no jobs.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { $ } from "zx/core";
import type { Lab } from "../src/lab/lab.ts";
import { labDown } from "../src/lab/lab-down.ts";
import { labUp } from "../src/lab/lab-up.ts";
import { serveNomad } from "../test/stand-in-nomad/serve-nomad.ts";

const checkout = join(import.meta.dirname, "..");
const name = "demo";
const servers = ["server-1", "server-2", "server-3"];
const clients = ["client-1"];
const releases = "https://releases.hashicorp.com";
const nomadVersion = "1.10.5";

if (process.argv[2] === "stop") {
  await labDown({ checkout, name });
  console.log("the demo's hosts are gone");
} else await demo();

async function demo(): Promise<void> {
  say("booting four hosts");
  const lab = await labUp({ checkout, name, hosts: [...servers, ...clients] }, (event) => {
    if (event.kind === "step") console.log(`  ${event.text}`);
  });
  const nomad = await nomadSource(lab);
  const inventory = join(lab.directory, "cluster.yaml");
  await writeFile(inventory, dump(cluster(lab, nomad)));
  // Debian 12 has no Consul; its predecessor's package is real and runs here.
  await playbook([lab.inventoryPath], "test/e2e/consul-bullseye.yaml");

  say("first run: everything is set up");
  await playbook([lab.inventoryPath, inventory], "site.yaml");
  say("second run: nothing is left to change");
  await playbook([lab.inventoryPath, inventory], "site.yaml");

  const [first] = lab.hosts;
  console.log(`
Consul's page:     http://${first?.address}:8500/ui
a host:            npx tsrun lab ssh ${servers[0]} --name ${name}
edit one host in:  ${inventory}
run again:         npx tsrun playbook site.yaml -i ${lab.inventoryPath} -i ${inventory}
stop:              script/demo stop`);
  await nomad.close();
}

interface NomadSource {
  readonly vars: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

async function nomadSource(lab: Lab): Promise<NomadSource> {
  const isReachable = await fetch(`${releases}/nomad/${nomadVersion}/`, {
    method: "HEAD",
    signal: AbortSignal.timeout(3000),
  }).then(
    (response) => response.ok,
    () => false,
  );
  if (isReachable) return { vars: { nomad_version: nomadVersion }, close: () => Promise.resolve() };
  console.log("  HashiCorp's releases are out of reach: a stand-in takes Nomad's place");
  const server = await serveNomad(lab.subnet.replace(/\.0\/\d+$/, ".1"), process.env["NOMAD_ZIP"]);
  return { vars: { nomad_release_url: server.url, nomad_version: server.versions[0] }, close: () => server.close() };
}

function cluster(lab: Lab, nomad: NomadSource): object {
  const group = (hosts: readonly string[]): object => ({
    hosts: Object.fromEntries(hosts.map((host) => [host, null])),
  });
  return {
    all: {
      vars: {
        consul_install_method: "package",
        consul_encrypt_file: join(lab.directory, "consul.key"),
        consul_bind_address: "{{ ansible_host }}",
        consul_client_address: "127.0.0.1 {{ ansible_host }}",
        nomad_install_method: "archive",
        ...nomad.vars,
      },
      hosts: Object.fromEntries([...servers, ...clients].map((host) => [host, { consul_log_level: "info" }])),
      children: {
        consul_servers: group(servers),
        consul_clients: group(clients),
        nomad_servers: group(servers),
        nomad_clients: group(clients),
      },
    },
  };
}

async function playbook(inventories: readonly string[], file: string): Promise<void> {
  const main = join(checkout, "dist/src/cli/main.js");
  const sources = inventories.flatMap((path) => ["-i", path]);
  const { exitCode } = await $({
    cwd: checkout,
    stdio: "inherit",
    nothrow: true,
    verbose: false,
  })`${process.execPath} ${main} playbook ${sources} ${file}`;
  if (exitCode !== 0) process.exit(exitCode ?? 1);
}

function say(text: string): void {
  console.log(`\n== ${text}`);
}
