import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { TsrunError } from "../lib/errors.ts";

export interface LabIdentity {
  /** As given with `--name`; the folder under `.tsrun/lab/`. */
  readonly name: string;
  /** Unique on this machine: prefix of every container and network of the lab. */
  readonly id: string;
  /** The checkout that the lab belongs to, symbolic links resolved. */
  readonly checkout: string;
  readonly directory: string;
}

export const defaultLabName = "default";

/**
 * Who a lab is. The id contains a hash of the checkout's path, so labs of two checkouts never meet, whatever their
 * names: containers and networks are global to the machine.
 */
export function labIdentity(checkout: string, name: string = defaultLabName): LabIdentity {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) {
    throw new TsrunError({
      code: "E_LAB_NAME",
      message: `expected a lab name of at most 20 lower-case letters, digits and dashes, got \`${name}\``,
      hint: `tsrun lab up --name ${defaultLabName}`,
    });
  }
  const path = realpathSync(checkout);
  const hash = createHash("sha256").update(path).digest("hex").slice(0, 8);
  return { name, id: `tsrun-${name}-${hash}`, checkout: path, directory: join(path, ".tsrun", "lab", name) };
}

const maxHosts = 200;

/** Names of the hosts of a lab: `node1`, `node2`, … for a number, or the names given. Errors: `E_LAB_HOSTS`. */
export function hostNames(hosts: number | readonly string[]): readonly string[] {
  if (typeof hosts === "number") {
    if (!isHostCount(hosts)) throw badHosts(String(hosts));
    return Array.from({ length: hosts }, (_, index) => `node${index + 1}`);
  }
  const bad = hosts.find((name) => !/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name));
  if (bad !== undefined) throw badHosts(`\`${bad}\``);
  if (new Set(hosts).size !== hosts.length || !isHostCount(hosts.length)) throw badHosts(hosts.join(", "));
  return hosts;
}

function isHostCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= maxHosts;
}

function badHosts(got: string): TsrunError {
  return new TsrunError({
    code: "E_LAB_HOSTS",
    message: `expected 1 to ${maxHosts} hosts with distinct names of lower-case letters, digits and dashes, got ${got || "none"}`,
    hint: "tsrun lab up --hosts 2",
  });
}
