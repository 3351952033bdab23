import { type Change, change, create, defineTask, type Plan, remove, sh, type Step, TaskFailure, z } from "tsrun";
import {
  answered,
  dockerArgs,
  dockerCalls,
  dockerContainer,
  dockerDiff,
  dockerEngine,
  dockerInTurn,
  dockerMissing,
  dockerNetwork,
  type DockerObject,
  type DockerRequest,
  dockerStep,
  dockerTexts,
  encodeName,
  notYet,
  program,
  refuseDockerName,
} from "tsrun/state";

const args = z.object({
  name: z
    .string()
    .describe("Name of the network")
    .meta({ aliases: ["network_name"] }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether it should be there"),
  connected: z
    .array(z.string())
    .default([])
    .describe("Containers that should be connected to it, and no others; empty: those that are")
    .meta({ aliases: ["containers"] }),
  appends: z
    .boolean()
    .default(false)
    .describe("Leave other containers connected too")
    .meta({ aliases: ["incremental"] }),
  driver: z.string().default("bridge").describe("Driver of the network"),
  driver_options: z.record(z.string(), z.unknown()).default({}).describe("Options of the driver"),
  force: z.boolean().default(false).describe("Remove the network and make it anew"),
  ipam_driver: z.string().optional().describe("Driver that gives addresses"),
  ipam_driver_options: z.record(z.string(), z.unknown()).optional().describe("Its options"),
  ipam_config: z
    .array(
      z.strictObject({
        subnet: z.string().optional(),
        iprange: z.string().optional(),
        gateway: z.string().optional(),
        aux_addresses: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional()
    .describe("Subnets: `subnet`, `iprange`, `gateway`, `aux_addresses`"),
  enable_ipv6: z.boolean().optional().describe("Whether it has IPv6"),
  internal: z.boolean().optional().describe("Whether there is no way out of it"),
  labels: z.record(z.string(), z.unknown()).default({}).describe("Labels that it should have"),
  scope: z.enum(["local", "global", "swarm"]).optional().describe("How far it reaches"),
  attachable: z.boolean().optional().describe("Whether containers that are no service of a swarm may join"),
  ...dockerArgs,
});
type Args = z.output<typeof args>;

export default defineTask({
  name: "docker_network",
  summary: "Create or remove a network of Docker, and connect containers",
  args,
  returns: { network: "The network as Docker's API describes it" },
  examples: [
    { name: "A network", yaml: "docker_network:\n  name: shop_net\n  ipam_config:\n    - subnet: 172.28.0.0/16" },
  ],
  observe(args) {
    const engine = dockerEngine(args);
    return {
      ...Object.fromEntries(args.connected.map((name) => [`container ${name}`, dockerContainer(engine, name)])),
      client: program("docker"),
      current: dockerNetwork(engine, args.name),
    };
  },
  plan(args, state, { isCheck, applied }): Plan {
    refuseDockerName("a network", args.name);
    for (const { subnet } of args.ipam_config ?? []) refuseBadSubnet(subnet);
    const missing = dockerMissing(args, state, isCheck);
    if (missing) return missing;
    const engine = dockerEngine(args);
    const query = dockerNetwork(engine, args.name);
    const current = answered(state.current);
    const header = `network ${args.name}`;
    const there = containersIn(current);
    if (args.state === "absent") {
      if (!current) return { changes: [] };
      const differences = [
        { name: "exists", before: true, after: false },
        ...there.map((name) => ({ name: `connected.${name}`, before: true, after: false })),
      ];
      return { changes: [remove(query, dockerCalls(engine, removal(args, there)), dockerDiff(header, differences))] };
    }
    const answers = state as Readonly<Record<string, DockerObject | undefined>>;
    const absent = args.connected.find((name) => answers[`container ${name}`] === undefined);
    if (absent !== undefined) return notYet(`there is no container \`${absent}\` to connect to the network`, isCheck);
    const named = new Map(
      args.connected.map((name) => [nameOf(answers[`container ${name}`], name), answers[`container ${name}`]]),
    );
    const different = current ? differencesOf(args, current) : [];
    const isForced = args.force && current !== undefined && applied.length === 0;
    const isMade = !current || different.length > 0 || isForced;
    const wanted = args.connected.length > 0 ? [...named.keys()] : there;
    const isIn = (name: string) =>
      !isMade && (there.includes(name) || networksOf(named.get(name))[args.name] !== undefined);
    const joining = wanted.filter((name) => !isIn(name));
    const leaving = args.appends ? [] : there.filter((name) => !wanted.includes(name));
    if (!isMade && joining.length === 0 && leaving.length === 0) return { changes: [] };
    const connections = joining.map((name) => connection(args, "connect", name));
    const differences = [
      ...(current ? [] : [{ name: "exists", before: false, after: true }]),
      ...(isForced && different.length === 0 ? [{ name: "recreated", before: false, after: true }] : []),
      ...different,
      ...joining
        .filter((name) => !there.includes(name))
        .map((name) => ({ name: `connected.${name}`, before: false, after: true })),
      ...leaving.map((name) => ({ name: `connected.${name}`, before: true, after: false })),
    ];
    const diff = dockerDiff(header, differences);
    const containers = Object.fromEntries(wanted.map((name) => [name, { Name: name }]));
    const after: DockerObject = { ...(isMade && created(args)), Containers: containers };
    const joined = joining.flatMap((name): readonly Change[] => {
      const settings = (named.get(name)?.["NetworkSettings"] ?? {}) as DockerObject;
      const networks = { ...networksOf(named.get(name)), [args.name]: {} };
      const next: DockerObject = { NetworkSettings: { ...settings, Networks: networks } };
      return named.has(name) ? [change(dockerContainer(engine, name), next, [], { isQuiet: true })] : [];
    });
    const making: DockerRequest = { method: "POST", path: "/networks/create", body: body(args) };
    if (!current)
      return { changes: [create(query, after, dockerCalls(engine, [making, ...connections]), diff), ...joined] };
    const isEvent = isForced && differences.every(({ name }) => name === "recreated");
    const script = isMade
      ? makeAnew(args, current, connections)
      : dockerCalls(engine, [...connections, ...leaving.map((name) => connection(args, "disconnect", name))]);
    return { changes: [change(query, after, script, { ...diff, isEvent }), ...joined] };
  },
  result: (args, { after }) => (args.state === "present" ? { network: answered(after.current) ?? null } : {}),
});

function refuseBadSubnet(subnet: string | undefined): void {
  const isGood =
    /^(([0-9]{1,3}\.){3}[0-9]{1,3}\/([0-9]|[12][0-9]|3[0-2])|[0-9a-fA-F:]+\/([0-9]|[1-9][0-9]|1[0-2][0-9]))$/;
  if (!isGood.test(subnet ?? "")) throw new TaskFailure(`"${subnet ?? ""}" is not a valid CIDR`);
}

function containersIn(network: DockerObject | undefined): readonly string[] {
  const containers = (network?.["Containers"] ?? {}) as Readonly<Record<string, { readonly Name: string }>>;
  return Object.values(containers).map(({ Name }) => Name);
}

function networksOf(container: DockerObject | undefined): Readonly<Record<string, unknown>> {
  const settings = container?.["NetworkSettings"] as
    | { readonly Networks?: Readonly<Record<string, unknown>> }
    | undefined;
  return settings?.Networks ?? {};
}

function nameOf(container: DockerObject | undefined, name: string): string {
  const known = container?.["Name"];
  return typeof known === "string" ? known.replace(/^\//, "") : name;
}

function connection(args: Args, what: "connect" | "disconnect", name: string): DockerRequest {
  const path = `/networks/${encodeName(args.name)}/${what}`;
  return { method: "POST", path, body: { Container: name } };
}

function removal(args: Args, there: readonly string[]): readonly DockerRequest[] {
  return [
    ...there.map((name) => connection(args, "disconnect", name)),
    { method: "DELETE", path: `/networks/${encodeName(args.name)}` },
  ];
}

/**
 * A network cannot be changed or renamed, and two of the same subnet cannot be. So the old one goes first; when the new one cannot be made,
 * it comes back as it was, and its containers are connected to it again, with addresses and aliases of Docker's choice.
 */
function makeAnew(args: Args, current: DockerObject, connections: readonly DockerRequest[]): Step {
  const engine = dockerEngine(args);
  const there = containersIn(current);
  const kept = ["Name", "Driver", "Scope", "EnableIPv6", "IPAM", "Internal", "Attachable", "Options", "Labels"];
  const old = Object.fromEntries(kept.map((member) => [member, current[member]]));
  const back = [
    { method: "POST", path: "/networks/create", body: old } as const,
    ...there.map((name) => connection(args, "connect", name)),
  ];
  return dockerStep(
    engine,
    (call) => sh`(${dockerInTurn(call, removal(args, there))}) || exit 1
      ${call({ method: "POST", path: "/networks/create", body: body(args) })} >/dev/null || {
        (${dockerInTurn(call, back)}) || echo "the network that was there could not be made again" >&2
        exit 1
      }
      ${dockerInTurn(call, connections)}`,
    { protect: true },
  );
}

function pools(args: Args) {
  return (args.ipam_config ?? []).map(({ subnet, iprange, gateway, aux_addresses: auxiliary }) => ({
    ...(subnet !== undefined && { Subnet: subnet }),
    ...(iprange !== undefined && { IPRange: iprange }),
    ...(gateway !== undefined && { Gateway: gateway }),
    ...(auxiliary !== undefined && { AuxiliaryAddresses: auxiliary }),
  }));
}

function body(args: Args): DockerObject {
  const hasIpam = args.ipam_driver !== undefined || args.ipam_driver_options !== undefined || args.ipam_config;
  return {
    Name: args.name,
    // Else two of the same name are made.
    CheckDuplicate: true,
    Driver: args.driver,
    Options: dockerTexts(args.driver_options),
    Labels: dockerTexts(args.labels),
    ...(args.enable_ipv6 && { EnableIPv6: true }),
    ...(args.internal && { Internal: true }),
    ...(args.scope !== undefined && { Scope: args.scope }),
    ...(args.attachable !== undefined && { Attachable: args.attachable }),
    ...(hasIpam && {
      IPAM: {
        Driver: args.ipam_driver ?? "default",
        Config: pools(args),
        Options: args.ipam_driver_options && dockerTexts(args.ipam_driver_options),
      },
    }),
  };
}

/** What is known of a network before it is there. */
function created(args: Args): DockerObject {
  const { CheckDuplicate: _, ...known } = body(args);
  const defaults = { EnableIPv6: false, Internal: false, Scope: "local", Attachable: false };
  return { ...defaults, IPAM: { Driver: "default", Config: [] }, ...known };
}

function differencesOf(args: Args, current: DockerObject) {
  const ipam = (current["IPAM"] ?? {}) as {
    readonly Driver?: string;
    readonly Options?: object | null;
    readonly Config?: object[] | null;
  };
  const found: { name: string; before: unknown; after: unknown }[] = [];
  const compare = (name: string, before: unknown, after: unknown) => {
    if (after !== undefined && JSON.stringify(before) !== JSON.stringify(after)) found.push({ name, before, after });
  };
  const members = (name: string, before: unknown, after: Readonly<Record<string, unknown>>) => {
    const known = (before ?? {}) as Readonly<Record<string, unknown>>;
    for (const [key, value] of Object.entries(after)) compare(`${name}.${key}`, known[key], value);
  };
  compare("driver", current["Driver"], args.driver);
  members("driver_options", current["Options"], dockerTexts(args.driver_options));
  compare("ipam_driver", ipam.Driver, args.ipam_driver);
  if (args.ipam_driver_options !== undefined) {
    const [before, after] = [ipam.Options ?? {}, dockerTexts(args.ipam_driver_options)].map(sorted);
    compare("ipam_driver_options", before, after);
  }
  const configs = (ipam.Config ?? []) as readonly Readonly<Record<string, unknown>>[];
  pools(args).forEach((pool, index) => {
    const wanted = Object.entries(pool);
    const same = (config: Readonly<Record<string, unknown>>) =>
      wanted.every(([key, value]) => JSON.stringify(sorted(config[key])) === JSON.stringify(sorted(value)));
    if (!configs.some(same)) members(`ipam_config[${index}]`, undefined, pool);
  });
  compare("enable_ipv6", current["EnableIPv6"] ?? false, args.enable_ipv6);
  compare("internal", current["Internal"] ?? false, args.internal);
  compare("scope", current["Scope"], args.scope);
  compare("attachable", current["Attachable"] ?? false, args.attachable);
  members("labels", current["Labels"], dockerTexts(args.labels));
  return found;
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
