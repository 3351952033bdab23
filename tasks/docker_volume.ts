import { change, create, defineTask, type Plan, remove, TaskFailure, unknown, z } from "tsrun";
import {
  answered,
  dockerArgs,
  dockerCalls,
  dockerDiff,
  dockerEngine,
  dockerMissing,
  type DockerObject,
  type DockerRequest,
  dockerTexts,
  dockerVolume,
  encodeName,
  program,
} from "tsrun/state";

const args = z.object({
  volume_name: z
    .string()
    .describe("Name of the volume")
    .meta({ aliases: ["name"] }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether it should be there"),
  driver: z.string().default("local").describe("Driver that keeps it"),
  driver_options: z.record(z.string(), z.unknown()).default({}).describe("Options of the driver"),
  labels: z.record(z.string(), z.unknown()).optional().describe("Labels that it should have"),
  recreate: z
    .enum(["always", "never", "options-changed"])
    .default("never")
    .describe("When a volume that is there is removed, with all that is in it, and made anew"),
  ...dockerArgs,
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "docker_volume",
  summary: "Create or remove a volume of Docker",
  args,
  returns: { volume: "The volume as Docker's API describes it" },
  examples: [{ name: "A volume", yaml: "docker_volume:\n  name: shop_data\n  labels:\n    app: shop" }],
  observe: (args) => ({ client: program("docker"), current: dockerVolume(dockerEngine(args), args.volume_name) }),
  plan(args, state, { isCheck, applied }): Plan {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(args.volume_name))
      throw new TaskFailure(`\`${args.volume_name}\` is no name for a volume`);
    const missing = dockerMissing(args, state, isCheck);
    if (missing) return missing;
    const engine = dockerEngine(args);
    const query = dockerVolume(engine, args.volume_name);
    const current = answered(state.current);
    const header = `volume ${args.volume_name}`;
    const away: DockerRequest = { method: "DELETE", path: `/volumes/${encodeName(args.volume_name)}` };
    if (args.state === "absent") {
      const diff = dockerDiff(header, [{ name: "exists", before: true, after: false }]);
      return { changes: current ? [remove(query, dockerCalls(engine, [away]), diff)] : [] };
    }
    const wanted = {
      Name: args.volume_name,
      Driver: args.driver,
      DriverOpts: dockerTexts(args.driver_options),
      ...(args.labels && { Labels: dockerTexts(args.labels) }),
    };
    const make: DockerRequest = { method: "POST", path: "/volumes/create", body: wanted };
    const after: DockerObject = {
      Name: args.volume_name,
      Driver: args.driver,
      Options: wanted.DriverOpts,
      Labels: wanted.Labels ?? null,
      Mountpoint: unknown,
      CreatedAt: unknown,
      Scope: unknown,
    };
    if (!current) {
      const diff = dockerDiff(header, [
        { name: "exists", before: false, after: true },
        ...differences(args, {}).map((one) => ({ ...one, before: undefined })),
      ]);
      return { changes: [create(query, after, dockerCalls(engine, [make]), diff)] };
    }
    const differing = differences(args, current);
    const isDue =
      (args.recreate === "always" && applied.length === 0) ||
      (args.recreate === "options-changed" && differing.length > 0);
    if (!isDue) return { changes: [] };
    const diff = dockerDiff(
      header,
      differing.length > 0 ? differing : [{ name: "recreated", before: false, after: true }],
    );
    const script = dockerCalls(engine, [away, make]);
    return { changes: [change(query, after, script, { ...diff, isEvent: differing.length === 0 })] };
  },
  result: (args, { after }) => (args.state === "present" ? { volume: answered(after.current) ?? null } : {}),
});

/** Options and labels that are given and are otherwise. A volume's cannot be changed. */
function differences(args: Args, current: DockerObject) {
  const options = (current["Options"] ?? {}) as Readonly<Record<string, string>>;
  const labels = (current["Labels"] ?? {}) as Readonly<Record<string, string>>;
  return [
    { name: "driver", before: current["Driver"], after: args.driver },
    ...Object.entries(dockerTexts(args.driver_options)).map(([name, after]) => ({
      name: `driver_options.${name}`,
      before: options[name],
      after,
    })),
    ...Object.entries(dockerTexts(args.labels ?? {})).map(([name, after]) => ({
      name: `labels.${name}`,
      before: labels[name],
      after,
    })),
  ].filter(({ before, after }) => before !== after);
}
