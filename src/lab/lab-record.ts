import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "./write-whole.ts";

const hostSchema = z.object({ name: z.string(), address: z.string() });

const recordSchema = z.object({
  version: z.literal(1),
  image: z.string(),
  /** Full name of the image, with the hash of its recipe. */
  tag: z.string(),
  python: z.boolean(),
  /** As given with `--mirror`. */
  mirrorOption: z.string().optional(),
  /** The Debian archive that the hosts use; undefined when the bootstrap chose it. */
  mirror: z.string().optional(),
  engine: z.enum(["podman", "docker"]),
  subnet: z.string(),
  hosts: z.array(hostSchema).readonly(),
});

export type LabHost = z.infer<typeof hostSchema>;

/** What a lab was asked to be. What it is at the moment, only the engine knows. */
export type LabRecord = z.infer<typeof recordSchema>;

/** The record of a lab; undefined when there is none or when it is unreadable, as after a full disk. */
export async function readLabRecord(directory: string): Promise<LabRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(recordPath(directory), "utf8")));
  } catch {
    return undefined;
  }
}

export async function writeLabRecord(directory: string, record: LabRecord): Promise<void> {
  await writeWhole(recordPath(directory), `${JSON.stringify(record, undefined, 2)}\n`);
}

function recordPath(directory: string): string {
  return join(directory, "lab.json");
}
