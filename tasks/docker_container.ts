import { defineTask, type Plan, TaskFailure } from "tsrun";
import {
  answered,
  dockerContainer,
  dockerContainerArgs,
  dockerDeath,
  dockerEngine,
  dockerImage,
  dockerMissing,
  dockerNetwork,
  type DockerObject,
  expandedPath,
  fileContent,
  isUnreached,
  missingNetwork,
  planContainer,
  program,
  withDefaults,
} from "tsrun/state";

type Args = Parameters<typeof withDefaults>[0];

export default defineTask({
  name: "docker_container",
  summary: "Have a container of Docker, running or not, as it should be",
  args: dockerContainerArgs,
  returns: {
    container:
      "The container as Docker's API describes it, values of its variables hidden; with `detach: false` also `Output`",
    status: "With `detach: false`: its exit code",
  },
  examples: [
    {
      name: "A web server",
      yaml: 'docker_container:\n  name: shop_web\n  image: 127.0.0.1:5001/shop:1\n  restart_policy: unless-stopped\n  published_ports:\n    - "127.0.0.1:8080:80"\n  volumes:\n    - shop_files:/var/lib/shop\n  env:\n    SHOP_COLOUR: blue',
    },
    {
      name: "A command in a container of its own",
      yaml: "docker_container:\n  name: shop_migration\n  image: 127.0.0.1:5001/shop:1\n  command: [echo, migrated]\n  detach: false\n  cleanup: true",
    },
    { name: "No container", yaml: "docker_container:\n  name: shop_old\n  state: absent" },
  ],
  observe(given, known) {
    const args = withDefaults(given);
    const engine = dockerEngine(args);
    const container = dockerContainer(engine, args.name);
    if (args.state === "absent") return { client: program("docker"), container };
    const current = known(container);
    const imageId = current && !isUnreached(current) ? current["Image"] : undefined;
    const needsOld = args.image === undefined || args.image_comparison === "current-image";
    return {
      ...Object.fromEntries((args.networks ?? []).map(({ name }) => [`network ${name}`, dockerNetwork(engine, name)])),
      ...Object.fromEntries(namedContainers(args).map((name) => [`container ${name}`, dockerContainer(engine, name)])),
      client: program("docker"),
      container,
      image: args.image === undefined ? undefined : dockerImage(engine, args.image),
      currentImage: needsOld && typeof imageId === "string" ? dockerImage(engine, imageId) : undefined,
      envFile: args.env_file === undefined ? undefined : fileContent(args.env_file),
      home: args.volumes?.some((volume) => /^[.~].*:/s.test(volume)) ? expandedPath("~") : undefined,
    };
  },
  plan(given, state, { isCheck, applied }): Plan {
    const args = withDefaults(given);
    if (!/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(args.name))
      throw new TaskFailure(`\`${args.name}\` is no name for a container`);
    const missing = dockerMissing(args, state, isCheck);
    if (missing) return missing;
    const answers = state as Readonly<Record<string, unknown>>;
    const objectOf = (name: string) => answered(answers[name] as DockerObject | undefined);
    const networks = (args.networks ?? []).map(({ name }) => [name, objectOf(`network ${name}`)] as const);
    const noNetwork = args.state === "absent" ? undefined : missingNetwork(args, new Map(networks), isCheck);
    if (noNetwork) return noNetwork;
    const envFile = answers["envFile"] as { readonly text: string | undefined } | undefined;
    if (args.env_file !== undefined && args.state !== "absent" && envFile?.text === undefined)
      throw new TaskFailure(`\`env_file\`: there is no file \`${args.env_file}\` that can be read`);
    const ids = namedContainers(args).flatMap((name) => {
      const id = objectOf(`container ${name}`)?.["Id"];
      return typeof id === "string" ? [[name, id] as const] : [];
    });
    return planContainer(args, {
      container: objectOf("container"),
      image: objectOf("image"),
      currentImage: objectOf("currentImage"),
      envFile: envFile?.text,
      home: (answers["home"] as string | undefined) ?? "/",
      defaultIp: defaultIp(
        args,
        networks.map(([, network]) => network),
      ),
      containerIds: new Map(ids),
      isCheck,
      applied,
    });
  },
  lasting(args) {
    const isService = (args.state === "started" || args.state === "healthy") && args.detach !== false;
    return isService ? dockerDeath({ connection: dockerEngine(args), name: args.name.replace(/^\//, "") }) : undefined;
  },
  result(args, { after, outputs, isCheck }) {
    if (args.state === "absent") return {};
    const container = hideValues(answered(after.container as DockerObject | undefined));
    const at = outputs.findIndex(({ stdout }) => /"StatusCode":\s*\d+/.test(stdout));
    if (args.detach !== false || isCheck || at < 0) return { container };
    const status = Number(/"StatusCode":\s*(\d+)/.exec(outputs[at]?.stdout ?? "")?.[1]);
    const output = outputs[at + 1]?.stdout ?? "";
    const result = { status, container: { ...container, Output: output } };
    if (status !== 0) throw new TaskFailure(output.trim() || `the container ended with exit code ${status}`, result);
    return result;
  },
});

/** Containers whose namespaces it shares, by the names that are given. */
function namedContainers(args: Args): readonly string[] {
  const modes = [args.network_mode, args.ipc_mode, args.pid_mode];
  return modes.flatMap((mode) => /^container:([a-zA-Z0-9][a-zA-Z0-9_.-]+)$/.exec(mode ?? "")?.[1] ?? []);
}

/** Where ports are bound that are published without an address: what a network of the container says, else everywhere. */
function defaultIp(args: Args, networks: readonly (DockerObject | undefined)[]): string {
  const { default_host_ip: address } = args;
  if (address !== undefined) {
    if (/^(\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]|)$/.test(address)) return address.replace(/^\[(.*)\]$/, "$1");
    if (/^[0-9a-fA-F:]+$/.test(address)) return address;
    throw new TaskFailure(`\`default_host_ip\`: expected an IPv4 or IPv6 address, or nothing, got \`${address}\``);
  }
  const option = "com.docker.network.bridge.host_binding_ipv4";
  const found = networks.flatMap((network) => {
    const options = (network?.["Options"] ?? {}) as Readonly<Record<string, string>>;
    return network?.["Driver"] === "bridge" && options[option] ? [options[option]] : [];
  });
  return found[0] ?? "0.0.0.0";
}

/** Results are printed: variables often hold passwords. */
function hideValues(container: DockerObject | undefined): DockerObject | undefined {
  const config = container?.["Config"] as DockerObject | undefined;
  if (!container || !Array.isArray(config?.["Env"])) return container;
  const names = (config["Env"] as string[]).map((line) => `${line.split("=")[0]}=********`);
  return { ...container, Config: { ...config, Env: names } };
}
