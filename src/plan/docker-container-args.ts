import { z } from "zod";
import { dockerArgs } from "./docker-args.ts";

const texts = () => z.array(z.string()).optional();
const text = () => z.string().optional();
const whole = () => z.number().int().optional();
const flag = () => z.boolean().optional();
const mapping = () => z.record(z.string(), z.unknown()).optional();
const rates = <Rate extends z.ZodType>(rate: Rate) => z.array(z.strictObject({ path: z.string(), rate })).optional();
const size = "a number of bytes, or with `K`, `M`, `G`";

/** Arguments of `docker_container`. Those without a default are the image's, the Engine's, or what the container has. */
export const dockerContainerArgs = z.object({
  name: z.string().describe("Name of the container"),
  image: text().describe("Image that it is made of; pulled when it is missing"),
  state: z
    .enum(["absent", "present", "healthy", "started", "stopped"])
    .default("started")
    .describe("Whether it should be there, run, or run and say that it is healthy"),
  command: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe("Command that it runs; a text is split into words as a shell does"),
  entrypoint: texts().describe("What runs the command"),
  command_handling: z
    .enum(["compatibility", "correct"])
    .default("correct")
    .describe("`compatibility`: lists are joined and split again, empty ones count as not given"),
  env: z.record(z.string(), z.string()).optional().describe("Variables of its environment; numbers need quotes"),
  env_file: text().describe("File of the host with variables, `NAME=value` a line").meta({ path: true }),
  labels: mapping().describe("Labels"),
  published_ports: texts()
    .describe("Ports that are reached from outside: `8080:80`, `127.0.0.1:8080:80/udp`, `9000-9010:9000-9010`")
    .meta({ aliases: ["ports"] }),
  publish_all_ports: flag().describe("Publish all exposed ports, on ports of the Engine's choice"),
  exposed_ports: texts()
    .describe("Ports that it listens on")
    .meta({ aliases: ["exposed", "expose"] }),
  default_host_ip: text().describe("Address for ports that are published without one; empty: all, IPv6 too"),
  volumes: texts().describe("Volumes and directories: `data:/var/lib/app`, `/srv/www:/www:ro`"),
  mounts: z
    .array(
      z.strictObject({
        target: z.string(),
        source: z.string().optional(),
        type: z.enum(["bind", "volume", "tmpfs", "npipe"]).default("volume"),
        read_only: z.boolean().optional(),
        consistency: z.enum(["default", "consistent", "cached", "delegated"]).optional(),
        propagation: z.enum(["private", "rprivate", "shared", "rshared", "slave", "rslave"]).optional(),
        no_copy: z.boolean().optional(),
        labels: z.record(z.string(), z.unknown()).optional(),
        volume_driver: z.string().optional(),
        volume_options: z.record(z.string(), z.unknown()).optional(),
        tmpfs_size: z.string().optional(),
        tmpfs_mode: z.string().optional(),
      }),
    )
    .optional()
    .describe("The same with all that the Engine knows of a mount"),
  tmpfs: texts().describe("Directories in memory: `/run:size=64m`"),
  volume_driver: text().describe("Driver of its volumes"),
  volumes_from: texts().describe("Containers whose volumes it gets"),
  network_mode: text().describe("`bridge`, `host`, `none`, `container:NAME`, or a network"),
  networks: z
    .array(
      z.strictObject({
        name: z.string(),
        ipv4_address: z.string().optional(),
        ipv6_address: z.string().optional(),
        aliases: z.array(z.string()).optional(),
        links: z.array(z.string()).optional(),
      }),
    )
    .optional()
    .describe("Networks that it is connected to, each with addresses, aliases and links there"),
  networks_cli_compatible: z
    .boolean()
    .default(true)
    .describe("The first of `networks` takes the place of the default network"),
  purge_networks: z.boolean().default(false).describe("Disconnect it from all other networks"),
  restart_policy: z
    .enum(["no", "on-failure", "always", "unless-stopped"])
    .optional()
    .describe("When the Engine starts it again"),
  restart_retries: whole().describe("How often, for `on-failure`"),
  restart: z.boolean().default(false).describe("Restart it if nothing else does"),
  recreate: z.boolean().default(false).describe("Make it anew in any case"),
  pull: z
    .union([z.boolean(), z.enum(["never", "missing", "always"])])
    .default(false)
    .describe("Whether the newest image is pulled each time"),
  image_comparison: z
    .enum(["desired-image", "current-image"])
    .default("desired-image")
    .describe("Which image's defaults count when options are compared"),
  image_name_mismatch: z
    .enum(["ignore", "recreate"])
    .default("ignore")
    .describe("What is done when the image is the same under another name"),
  image_label_mismatch: z
    .enum(["ignore", "fail"])
    .default("ignore")
    .describe("What is done about labels of the image that are not given"),
  ignore_image: z.boolean().default(false).describe("Leave it although there is another image"),
  comparisons: z
    .record(z.string(), z.enum(["strict", "ignore", "allow_more_present"]))
    .optional()
    .describe("How an option is compared: `strict`, `ignore`, `allow_more_present`; `*` for all"),
  container_default_behavior: z
    .enum(["compatibility", "no_defaults"])
    .default("no_defaults")
    .describe("`compatibility`: options that are not given have their old defaults"),
  detach: flag().describe("`false`: wait until it has ended, and fail when it failed"),
  cleanup: z.boolean().default(false).describe("With `detach: false`: remove it afterwards"),
  output_logs: z.boolean().default(false).describe("With `detach: false`: write its output to the host's log"),
  auto_remove: flag().describe("Whether the Engine removes it when it ends"),
  keep_volumes: z.boolean().default(true).describe("Keep nameless volumes of a container that is removed"),
  force_kill: z
    .boolean()
    .default(false)
    .describe("Kill it where it would be stopped")
    .meta({ aliases: ["forcekill"] }),
  kill_signal: text().describe("Signal for that"),
  stop_signal: text().describe("Signal that stops it"),
  stop_timeout: whole().describe("Seconds that it has to stop"),
  removal_wait_timeout: z.number().optional().describe("Seconds to wait for a container to be gone"),
  healthy_wait_timeout: z.number().default(300).describe("Seconds to wait for `state: healthy`; 0 for ever"),
  paused: flag().describe("Whether its processes are held"),
  healthcheck: z
    .strictObject({
      test: z.union([z.string(), z.array(z.string())]).optional(),
      interval: z.string().optional(),
      timeout: z.string().optional(),
      start_period: z.string().optional(),
      retries: z.number().int().optional(),
    })
    .optional()
    .describe("How its health is told: `test`, `interval`, `timeout`, `retries`, `start_period`"),
  log_driver: text().describe("Where its output goes"),
  log_options: mapping()
    .describe("Options for that")
    .meta({ aliases: ["log_opt"] }),
  memory: text().describe(`Memory that it may use: ${size}`),
  memory_reservation: text().describe("Memory that it may use when there is little"),
  memory_swap: text().describe("Memory and swap together; `unlimited` or -1"),
  memory_swappiness: whole().describe("How readily it is swapped out, 0 to 100"),
  kernel_memory: text().describe("Memory of the kernel that it may use"),
  shm_size: text().describe(`Size of \`/dev/shm\`: ${size}`),
  oom_killer: flag().describe("Whether it is spared when memory ends"),
  oom_score_adj: whole().describe("How readily it is killed when memory ends, -1000 to 1000"),
  pids_limit: whole().describe("Processes that it may have"),
  cpus: z.number().optional().describe("CPUs that it may use, such as 1.5"),
  cpu_period: whole().describe("Period of the CPU's scheduler"),
  cpu_quota: whole().describe("Its share of the period"),
  cpu_shares: whole().describe("Its weight beside others"),
  cpuset_cpus: text().describe("CPUs that it runs on: `0-3`, `0,1`"),
  cpuset_mems: text().describe("Memory nodes that it uses"),
  blkio_weight: whole().describe("Its weight at disks, 10 to 1000"),
  device_read_bps: rates(z.string()).describe("Bytes a second that it may read: `path`, `rate`"),
  device_write_bps: rates(z.string()).describe("Bytes a second that it may write"),
  device_read_iops: rates(z.number().int()).describe("Reads a second"),
  device_write_iops: rates(z.number().int()).describe("Writes a second"),
  devices: texts().describe("Devices of the host: `/dev/sda:/dev/xvda:rwm`"),
  device_requests: z
    .array(
      z.strictObject({
        capabilities: z.array(z.array(z.string())).optional(),
        count: z.number().int().optional(),
        device_ids: z.array(z.string()).optional(),
        driver: z.string().optional(),
        options: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional()
    .describe("Devices of a driver, such as GPUs"),
  ulimits: texts().describe("Limits: `nofile:1024:2048`"),
  sysctls: mapping().describe("Kernel settings of its namespaces"),
  capabilities: texts().describe("Capabilities that it gets besides"),
  cap_drop: texts().describe("Capabilities that it does not get"),
  privileged: flag().describe("Whether it may do all that the host's root may"),
  security_opts: texts().describe("Security options"),
  read_only: flag().describe("Whether its root file system cannot be written"),
  storage_opts: mapping().describe("Options of the storage driver"),
  user: text().describe("User that it runs as: `user`, `user:group`, `uid`, `uid:gid`"),
  groups: texts().describe("Further groups"),
  hostname: text().describe("Its host name"),
  domainname: text().describe("Its domain"),
  working_dir: text().describe("Where its command runs"),
  mac_address: text().describe("Its MAC address"),
  dns_servers: texts().describe("Name servers"),
  dns_opts: texts().describe("Options of its resolver"),
  dns_search_domains: texts().describe("Domains that names are looked for in"),
  etc_hosts: mapping().describe("Hosts for its `/etc/hosts`, name to address"),
  links: texts().describe("Containers that it knows by name: `db`, `db:database`"),
  init: flag().describe("Whether a small init is its first process"),
  interactive: flag().describe("Whether its standard input stays open"),
  tty: flag().describe("Whether it has a terminal"),
  ipc_mode: text().describe("IPC namespace: `host`, `container:NAME`"),
  pid_mode: text().describe("PID namespace: `host`, `container:NAME`"),
  uts: text().describe("UTS namespace: `host`"),
  userns_mode: text().describe("User namespace: `host`"),
  cgroupns_mode: z.enum(["private", "host"]).optional().describe("Namespace of control groups"),
  cgroup_parent: text().describe("Control group that it belongs to"),
  platform: text().describe("Platform of the image: `linux/arm64`"),
  runtime: text().describe("Runtime that runs it"),
  ...dockerArgs,
});
export type DockerContainerArgs = z.output<typeof dockerContainerArgs>;
