import { expect } from "chai";
import { dockerArchive } from "../../src/state/docker-archive.ts";
import { dockerCredential } from "../../src/state/docker-credential.ts";
import {
  dockerContainer,
  type DockerEngine,
  dockerImage,
  dockerNetwork,
  type DockerObject,
  dockerVolume,
} from "../../src/state/docker.ts";
import { fileContent } from "../../src/state/file-content.ts";
import { file } from "../../src/state/file.ts";
import { program } from "../../src/state/program.ts";
import type { Change } from "../../src/task/change.ts";
import type { Query } from "../../src/task/query.ts";
import container from "../../tasks/docker_container.ts";
import image from "../../tasks/docker_image.ts";
import login from "../../tasks/docker_login.ts";
import network from "../../tasks/docker_network.ts";
import volume from "../../tasks/docker_volume.ts";
import { planModule } from "./plan-module.ts";

type Host = readonly (readonly [Query<unknown>, unknown])[];
const engine: DockerEngine = { host: undefined, tls: [], apiVersion: undefined };
const client = [program("docker"), "/usr/bin/docker"] as const;
const failure = (done: Promise<unknown>): Promise<string> => done.then(() => "no failure", String);

/** Requests of the changes' scripts, in their order: method, path and body. */
function requests(changes: readonly Change[]): readonly (readonly [string, unknown])[] {
  return changes
    .flatMap(({ steps }) => steps)
    .flatMap((step) => {
      if (step.type === "write") return [];
      const bodies = Buffer.from(step.command.stdin ?? "")
        .toString()
        .split("\n");
      const found = step.command.script.text.matchAll(/(GET|POST|DELETE) (\S+) HTTP\/1\.1\r\n[^']*' *(?:"\$b(\d+)")?/g);
      return [...found].map(([, method, path, at]): readonly [string, unknown] => [
        `${method} ${path}`,
        at === undefined ? undefined : JSON.parse(bodies[Number(at) - 1] ?? ""),
      ]);
    });
}

const names = (changes: readonly Change[]): readonly string[] => requests(changes).map(([name]) => name);

describe("docker_volume", () => {
  it("creates", async () => {
    const args = { name: "data", labels: { a: 1 }, driver_options: { o: true } };
    const { changes, again } = await planModule(volume, args, { host: [client] });
    const body = { Name: "data", Driver: "local", DriverOpts: { o: "true" }, Labels: { a: "1" } };
    expect(requests(changes)).to.deep.equal([["POST /volumes/create", body]]);
    expect(changes[0]?.diff).to.include({ before: "exists: false\n" });
    expect(again()).to.deep.equal([]);
  });

  it("leaves other labels unless it may make the volume anew", async () => {
    const host: Host = [client, [dockerVolume(engine, "data"), { Name: "data", Driver: "local", Labels: { a: "1" } }]];
    const args = { name: "data", labels: { a: "2" } };
    expect((await planModule(volume, args, { host })).changes).to.deep.equal([]);
    const { changes, again } = await planModule(volume, { ...args, recreate: "options-changed" }, { host });
    expect(names(changes)).to.deep.equal(["DELETE /volumes/data", "POST /volumes/create"]);
    expect(again()).to.deep.equal([]);
    const always = await planModule(volume, { ...args, recreate: "always", labels: { a: "1" } }, { host });
    expect(names(always.changes)).to.deep.equal(["DELETE /volumes/data", "POST /volumes/create"]);
    expect(always.again()).to.deep.equal([]);
  });

  it("refuses what is no name", async () => {
    for (const name of ["../x", "-v", "a b", ""])
      expect(await failure(planModule(volume, { name }, { host: [client] })), name).to.include("no name for a volume");
  });

  it("does not know beforehand what an engine will say that is not there yet", async () => {
    const host: Host = [client, [dockerVolume(engine, "data"), { exists: false, problem: "no such socket" }]];
    const { plan } = await planModule(volume, { name: "data" }, { host, isCheck: true });
    expect(plan.unknown).to.include("no such socket");
    expect(await failure(planModule(volume, { name: "data" }, { host }))).to.include("no such socket");
    expect(await failure(planModule(volume, { name: "data" }))).to.include("install the package `docker.io`");
  });

  it("speaks to the engine that is named", async () => {
    const args = {
      name: "data",
      docker_host: "unix://var/run/d.sock",
      tls_verify: true,
      cacert_path: "/ca.pem",
      api_version: "1.40",
    };
    const { changes, scripts } = await planModule(volume, args, { host: [client] });
    expect(scripts[0]).to.include("docker -H unix:///var/run/d.sock --tlsverify --tlscacert /ca.pem system dial-stdio");
    expect(names(changes)).to.deep.equal(["POST /v1.40/volumes/create"]);
    for (const refused of [{ tls_hostname: "x" }, { ssl_version: "3" }, { client_key: "/k" }])
      expect(await failure(planModule(volume, { name: "data", ...refused }, { host: [client] }))).to.match(
        /tls_hostname|ssl_version|client_key/,
      );
  });
});

describe("docker_network", () => {
  const old = {
    Name: "inner",
    Driver: "bridge",
    Internal: false,
    IPAM: { Driver: "default", Config: [{ Subnet: "10.1.0.0/24", Gateway: "10.1.0.1" }] },
    Containers: { 1: { Name: "web" }, 2: { Name: "db" } },
    Labels: { x: "1", y: "2" },
    Options: {},
  };
  const host: Host = [
    client,
    [dockerNetwork(engine, "inner"), old],
    [dockerContainer(engine, "web"), { Name: "/web", NetworkSettings: { Networks: { inner: {} } } }],
    [dockerContainer(engine, "new"), { Name: "/new", NetworkSettings: { Networks: { bridge: {} } } }],
  ];

  it("creates, and connects containers", async () => {
    const args = { name: "inner", connected: ["new"], ipam_config: [{ subnet: "10.1.0.0/24" }], internal: true };
    const { changes, again } = await planModule(network, args, { host: [client, ...host.slice(2)] });
    const [made, joined] = requests(changes);
    expect(made?.[1]).to.deep.include({
      Internal: true,
      IPAM: { Driver: "default", Config: [{ Subnet: "10.1.0.0/24" }] },
    });
    expect(joined).to.deep.equal(["POST /networks/inner/connect", { Container: "new" }]);
    expect(again()).to.deep.equal([]);
  });

  it("leaves what is as it is wanted", async () => {
    const args = { name: "inner", ipam_config: [{ subnet: "10.1.0.0/24" }], labels: { x: 1 }, enable_ipv6: false };
    expect((await planModule(network, args, { host })).changes).to.deep.equal([]);
  });

  it("connects and disconnects containers, without others with `appends`", async () => {
    const { changes, again } = await planModule(network, { name: "inner", connected: ["web", "new"] }, { host });
    expect(requests(changes)).to.deep.equal([
      ["POST /networks/inner/connect", { Container: "new" }],
      ["POST /networks/inner/disconnect", { Container: "db" }],
    ]);
    expect(again()).to.deep.equal([]);
    const more = await planModule(network, { name: "inner", containers: "new", appends: true }, { host });
    expect(names(more.changes)).to.deep.equal(["POST /networks/inner/connect"]);
    expect(await failure(planModule(network, { name: "inner", connected: ["none"] }, { host }))).to.include("`none`");
  });

  it("makes a network anew when it differs, and the old one again when that fails", async () => {
    const { changes, again } = await planModule(
      network,
      { name: "inner", ipam_config: [{ subnet: "10.2.0.0/24" }] },
      { host },
    );
    expect(names(changes)).to.deep.equal([
      "POST /networks/inner/disconnect",
      "POST /networks/inner/disconnect",
      "DELETE /networks/inner",
      "POST /networks/create",
      // Should the last one fail:
      "POST /networks/create",
      "POST /networks/inner/connect",
      "POST /networks/inner/connect",
      // Else:
      "POST /networks/inner/connect",
      "POST /networks/inner/connect",
    ]);
    expect(changes[0]?.diff).to.include({ after: 'ipam_config[0].Subnet: "10.2.0.0/24"\n' });
    expect(again()).to.deep.equal([]);
    const forced = await planModule(network, { name: "inner", force: true }, { host });
    expect(forced.changes).to.have.length(1);
    expect(forced.again()).to.deep.equal([]);
  });

  it("removes, and refuses what is no name or subnet", async () => {
    const { changes } = await planModule(network, { name: "inner", state: "absent" }, { host });
    expect(names(changes).at(-1)).to.equal("DELETE /networks/inner");
    expect(await failure(planModule(network, { name: "a/../b" }, { host }))).to.include("no name");
    expect(
      await failure(planModule(network, { name: "x", ipam_config: [{ subnet: "10.0.0.0" }] }, { host })),
    ).to.include("CIDR");
  });
});

describe("docker_container", () => {
  const base = {
    Id: "sha256:1",
    RepoTags: ["web:1"],
    Os: "linux",
    Config: { Env: ["PATH=/bin"], Labels: { from: "base" }, ExposedPorts: { "80/tcp": {} } },
  };
  const known: Host = [client, [dockerImage(engine, "web:1"), base]];
  const running: DockerObject = {
    Id: "c1",
    Name: "/shop",
    Image: "sha256:1",
    State: { Status: "running", Running: true, Paused: false },
    Config: { Image: "web:1", Env: ["PATH=/bin", "A=1"], ExposedPorts: { "80/tcp": {} }, Labels: { from: "base" } },
    HostConfig: { NetworkMode: "default", Memory: 1024, RestartPolicy: { Name: "no" }, PortBindings: {} },
    NetworkSettings: { Networks: { bridge: {} } },
  };
  const withRunning: Host = [...known, [dockerContainer(engine, "shop"), running]];
  const shop = { name: "shop", image: "web:1" };

  it("creates and starts, and settles", async () => {
    const args = {
      ...shop,
      env: { B: "2" },
      command: "serve -p 80",
      ports: ["8080:80"],
      memory: "1m",
      cpus: 0.5,
      restart_policy: "always",
      labels: { x: "y" },
      volumes: ["data:/data"],
      healthcheck: { test: "true", interval: "1s" },
      capabilities: ["cap_net_admin"],
    };
    const { again, changes } = await planModule(container, args, { host: known });
    const [made, started] = requests(changes);
    expect(made?.[0]).to.equal("POST /containers/create?name=shop");
    expect(made?.[1]).to.deep.equal({
      AttachStdout: true,
      AttachStderr: true,
      AttachStdin: false,
      StdinOnce: false,
      OpenStdin: false,
      Cmd: ["serve", "-p", "80"],
      Env: ["B=2"],
      ExposedPorts: { "80/tcp": {} },
      Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 1e9 },
      Image: "web:1",
      Labels: { x: "y" },
      HostConfig: {
        Binds: ["data:/data:rw"],
        CapAdd: ["cap_net_admin"],
        Memory: 1_048_576,
        NanoCpus: 5e8,
        PortBindings: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] },
        RestartPolicy: { Name: "always" },
      },
    });
    expect(started?.[0]).to.equal("POST /containers/shop/start");
    expect(JSON.stringify(changes[0]?.diff)).to.include("env.B").and.not.to.include('"2"');
    expect(again()).to.deep.equal([]);
  });

  it("leaves a container that has more than is wanted", async () => {
    const args = { ...shop, env: { A: "1" }, memory: "1K", restart_policy: "no", published_ports: [] };
    expect((await planModule(container, args, { host: withRunning })).changes).to.deep.equal([]);
    const strict = { ...args, comparisons: { env: "strict" } };
    expect((await planModule(container, strict, { host: withRunning })).changes).to.deep.equal([]);
    const less = await planModule(
      container,
      { ...shop, env: {}, comparisons: { env: "strict" } },
      { host: withRunning },
    );
    expect(less.changes[0]?.diff).to.include({ before: 'env.A: "(hidden)"\n', after: "" });
    const ignored = { ...shop, env: { A: "9" }, comparisons: { "*": "ignore" } };
    expect((await planModule(container, ignored, { host: withRunning })).changes).to.deep.equal([]);
  });

  it("makes it anew under another name first, and takes the old one back when that fails", async () => {
    const { changes, again } = await planModule(container, { ...shop, env: { A: "2" } }, { host: withRunning });
    expect(changes[0]?.steps[0]).to.have.nested.property("command.protect", true);
    const called = names(changes);
    const order = [
      "POST /containers/create?name=shop.tsrun-new",
      "POST /containers/shop/stop",
      "POST /containers/shop/rename?name=shop.tsrun-old",
      "POST /containers/shop.tsrun-new/rename?name=shop",
      "DELETE /containers/shop.tsrun-old?v=false",
    ].map((name) => called.indexOf(name));
    expect(order)
      .to.deep.equal(order.toSorted((a, b) => a - b))
      .and.not.to.include(-1);
    expect(called).to.include("POST /containers/shop.tsrun-old/rename?name=shop");
    expect(again()).to.deep.equal([]);
  });

  it("alters limits and networks of a container that stays", async () => {
    const host: Host = [...withRunning, [dockerNetwork(engine, "inner"), { Name: "inner" }]];
    const args = {
      ...shop,
      memory: "2K",
      restart_policy: "always",
      networks: [{ name: "inner", ipv4_address: "10.0.0.2" }],
      networks_cli_compatible: false,
      purge_networks: true,
    };
    const { changes, again } = await planModule(container, args, { host });
    expect(requests(changes)).to.deep.equal([
      ["POST /containers/shop/update", { Memory: 2048, RestartPolicy: { Name: "always" } }],
      [
        "POST /networks/inner/connect",
        { Container: "shop", EndpointConfig: { IPAMConfig: { IPv4Address: "10.0.0.2" } } },
      ],
      ["POST /networks/bridge/disconnect", { Container: "shop" }],
    ]);
    expect(again()).to.deep.equal([]);
    expect(await failure(planModule(container, args, { host: withRunning }))).to.include(
      "network named inner could not be found",
    );
  });

  it("starts, stops, holds, restarts and removes", async () => {
    const plan = async (args: object, host: Host = withRunning) => {
      const { changes, again } = await planModule(container, { ...shop, ...args }, { host });
      expect(again(), JSON.stringify(args)).to.deep.equal([]);
      return names(changes);
    };
    expect(await plan({ state: "stopped", stop_timeout: 3 })).to.deep.equal(["POST /containers/shop/stop?t=3"]);
    expect(await plan({ state: "stopped", force_kill: true, kill_signal: "INT" })).to.deep.equal([
      "POST /containers/shop/kill?signal=INT",
    ]);
    expect(await plan({ paused: true })).to.deep.equal(["POST /containers/shop/pause"]);
    expect(await plan({ restart: true })).to.deep.equal(["POST /containers/shop/restart?t=10"]);
    const stopped: Host = [...known, [dockerContainer(engine, "shop"), { ...running, State: { Running: false } }]];
    expect(await plan({}, stopped)).to.deep.equal(["POST /containers/shop/start"]);
    expect(await plan({ state: "absent", keep_volumes: false })).to.deep.equal([
      "POST /containers/shop/stop",
      "DELETE /containers/shop?v=true",
    ]);
    expect((await plan({ recreate: true })).at(-1)).to.equal("DELETE /containers/shop.tsrun-old?v=false");
  });

  it("pulls an image before anything happens to the container", async () => {
    const host: Host = [client, [dockerContainer(engine, "shop"), running]];
    const { scripts, plan } = await planModule(container, shop, { host });
    expect(scripts).to.deep.equal(['docker -H "${DOCKER_HOST:-unix:///var/run/docker.sock}" pull --quiet -- web:1']);
    expect(plan.isPartial).to.equal(true);
    const checked = await planModule(container, shop, { host, isCheck: true });
    expect(checked.changes).to.have.length(2);
    expect(await failure(planModule(container, { ...shop, pull: "never" }, { host }))).to.include("pull: never");
    const always = await planModule(container, { ...shop, pull: true }, { host: withRunning });
    expect(always.changes.map(({ isQuiet }) => isQuiet)).to.deep.equal([true]);
    expect(
      (await planModule(container, { ...shop, pull: true }, { host: withRunning, isCheck: true })).changes,
    ).to.satisfy((changes: readonly { isQuiet?: boolean }[]) => changes.every(({ isQuiet }) => isQuiet));
  });

  it("is no success when what was started has ended badly", async () => {
    const first = await planModule(container, shop, { host: known });
    const ended = (code: number): Host => [
      ...known,
      [dockerContainer(engine, "shop"), { ...running, State: { Status: "exited", Running: false, ExitCode: code } }],
    ];
    const applied = first.changes;
    expect(await failure(planModule(container, shop, { host: ended(3), applied }))).to.include("exit code 3");
    expect((await planModule(container, shop, { host: ended(0), applied })).changes).to.deep.equal([]);
  });

  it("waits for a job, and fails with it", async () => {
    const args = { ...shop, detach: false, cleanup: true };
    const out = (code: number) =>
      ["", "", `...{"StatusCode":${code}}`, "hello\n", ""].map((stdout) => ({ rc: 0, stdout, stderr: "" }));
    const { changes, result } = await planModule(container, args, { host: known, outputs: out(0) });
    expect(result).to.deep.include({ status: 0 });
    expect(result).to.have.nested.property("container.Output", "hello\n");
    expect(names(changes).at(-1)).to.equal("DELETE /containers/shop?force=true&v=false");
    expect(await failure(planModule(container, args, { host: known, outputs: out(2) }))).to.include("hello");
  });

  it("hides values of variables in its result", async () => {
    const { result } = await planModule(container, shop, { host: withRunning });
    expect(result).to.have.nested.property("container.Config.Env").that.deep.equals(["PATH=********", "A=********"]);
  });

  it("refuses what it would have to guess", async () => {
    const bad: Readonly<Record<string, object>> = {
      "no name": { name: "../shop" },
      "no option of a container's state": { comparisons: { restart: "strict" } },
      "cannot be `allow_more_present`": { memory: "1m", comparisons: { memory: "allow_more_present" } },
      "only be `strict` or `ignore`": { comparisons: { "*": "allow_more_present" } },
      restart_policy: { restart_retries: 3 },
      log_driver: { log_options: { a: "b" } },
      default_host_ip: { default_host_ip: "localhost" },
      env_file: { env_file: "/none" },
      ulimits: { ulimits: ["nofile"] },
    };
    for (const [message, args] of Object.entries(bad))
      expect(await failure(planModule(container, { ...shop, ...args }, { host: known })), message).to.include(message);
    expect(await failure(planModule(container, { name: "shop" }, { host: known }))).to.include(
      "image is not specified",
    );
    expect(await failure(planModule(container, { ...shop, env: { A: 5 } }, { host: known }))).to.include("env.A");
  });
});

describe("docker_image", () => {
  const web = { Id: "sha256:1", RepoTags: ["web:1"], RepoDigests: [] };
  const known: Host = [client, [dockerImage(engine, "web:1"), web]];

  it("pulls, once", async () => {
    const { scripts } = await planModule(image, { name: "web", tag: "1", source: "pull" }, { host: [client] });
    expect(scripts[0]).to.match(/ pull --quiet -- web:1$/);
    expect((await planModule(image, { name: "web:1", source: "pull" }, { host: known })).changes).to.deep.equal([]);
    const forced = await planModule(
      image,
      { name: "web:1", source: "pull", force_source: true },
      { host: known, isCheck: true },
    );
    expect(forced.plan.unknown).to.include("another image");
  });

  it("says that a pull was for something when another image came", async () => {
    const args = { name: "web:1", source: "pull", force_source: true };
    const { changes: applied } = await planModule(image, args, { host: known });
    const newer: Host = [client, [dockerImage(engine, "web:1"), { ...web, Id: "sha256:2" }]];
    const { changes } = await planModule(image, args, { host: newer, applied });
    expect(changes.map(({ isQuiet = false, isEvent }) => [isQuiet, isEvent])).to.deep.equal([[false, true]]);
    expect((await planModule(image, args, { host: known, applied })).changes).to.deep.equal([]);
  });

  it("tags, and leaves a name that another image has", async () => {
    const args = { name: "web:1", source: "local", repository: "reg:5000/web" };
    const { changes, again } = await planModule(image, args, { host: known });
    expect(names(changes)).to.deep.equal(["POST /images/web:1/tag?repo=reg%3A5000%2Fweb&tag=1"]);
    expect(again()).to.deep.equal([]);
    const host: Host = [...known, [dockerImage(engine, "reg:5000/web:1"), { ...web, Id: "sha256:2" }]];
    expect((await planModule(image, args, { host })).changes).to.deep.equal([]);
    expect((await planModule(image, { ...args, force_tag: true }, { host })).changes).to.have.length(1);
  });

  it("counts a push as a change when the registry got something new", async () => {
    const args = { name: "reg/web:1", source: "local", push: true };
    const host = (digests: readonly string[]): Host => [
      client,
      [dockerImage(engine, "reg/web:1"), { ...web, RepoTags: ["reg/web:1"], RepoDigests: digests }],
    ];
    const { scripts, changes: applied } = await planModule(image, args, { host: host([]) });
    expect(scripts[0]).to.match(/ push -- reg\/web:1$/);
    const digest = ["reg/web@sha256:12"];
    expect((await planModule(image, args, { host: host(digest), applied })).changes).to.have.length(1);
    const same = await planModule(image, args, { host: host(digest) });
    expect((await planModule(image, args, { host: host(digest), applied: same.changes })).changes).to.deep.equal([]);
  });

  it("builds without values of arguments in the command line", async () => {
    const build = {
      path: "/srv/web",
      dockerfile: "sub/Dockerfile",
      args: { TOKEN: "it's secret", HOME: "/x" },
      nocache: true,
    };
    const host: Host = [client, [file("/srv/web"), { type: "directory" }]];
    const { scripts } = await planModule(image, { name: "web", source: "build", build }, { host });
    const [exported, command] = scripts[0]?.split("\n") ?? [];
    expect(exported).to.equal("export TOKEN='it'\\''s secret'");
    expect(command).to.include("build -t web:latest --rm=true --force-rm=true -f /srv/web/sub/Dockerfile --no-cache");
    expect(command).to.include("--build-arg TOKEN --build-arg HOME=/x -- /srv/web");
    expect(await failure(planModule(image, { name: "web", source: "build", build }, { host: [client] }))).to.include(
      "/srv/web",
    );
  });

  it("saves what the file does not hold, and loads", async () => {
    const args = { name: "web:1", source: "local", archive_path: "/srv/web.tar" };
    const { scripts, again } = await planModule(image, args, { host: known });
    expect(scripts[0]).to.include("save -- web:1 >&3");
    expect(again()).to.deep.equal([]);
    const there: Host = [...known, [dockerArchive("/srv/web.tar"), { id: "sha256:1", names: ["web:1"] }]];
    expect((await planModule(image, args, { host: there })).changes).to.deep.equal([]);
    const load = { name: "web:1", source: "load", load_path: "/srv/web.tar" };
    expect(await failure(planModule(image, load, { host: [client] }))).to.include("does not exist");
    const loading = await planModule(image, load, { host: [client, [file("/srv/web.tar"), { type: "file" }]] });
    expect(loading.scripts[0]).to.include("load -i /srv/web.tar").and.to.include("grep -Fxq -- 'Loaded image: web:1'");
  });

  it("reads archives of old and new engines", () => {
    const { kind } = dockerArchive("/a");
    const manifest = (config: string) => `x${JSON.stringify([{ Config: config, RepoTags: ["web:1"] }])}\0`;
    const stdout = Buffer.from(`${manifest("12.json")}${manifest("blobs/sha256/34")}xjunk\0\0`);
    const read = kind.parse({ rc: 0, stdout, stderr: Buffer.alloc(0) }, ["/a", "/b", "/c", "/d"]);
    expect(read).to.deep.equal([
      { id: "sha256:12", names: ["web:1"] },
      { id: "sha256:34", names: ["web:1"] },
      { id: "", names: [] },
      undefined,
    ]);
  });

  it("refuses what makes no sense", async () => {
    const id = `sha256:${"0".repeat(64)}`;
    const bad: readonly (readonly [object, string])[] = [
      [{ name: "web" }, "source"],
      [{ name: "web", source: "build" }, "build"],
      [{ name: "web", source: "local" }, "Cannot find the image web:latest locally"],
      [{ name: id, source: "pull" }, "must not be an image ID"],
      [{ name: "../web", source: "local" }, "no name for an image"],
    ];
    for (const [args, message] of bad)
      expect(await failure(planModule(image, { ...args }, { host: [client] })), message).to.include(message);
  });
});

describe("docker_login", () => {
  const args = { registry: "reg:5000", username: "anna", password: "geheim", config_path: "/root/.docker/config.json" };
  const config = (content: object): Host => [
    client,
    [fileContent(args.config_path), { text: JSON.stringify(content), size: 1 }],
  ];
  const auth = Buffer.from("anna:geheim").toString("base64");

  it("asks the registry, and then keeps the password beside what is there", async () => {
    const host = config({ psFormat: "x", auths: { other: { auth: "b" } } });
    const { changes, again } = await planModule(login, args, { host });
    expect(requests(changes)).to.deep.equal([
      ["POST /auth", { username: "anna", password: "geheim", serveraddress: "reg:5000" }],
    ]);
    const written = changes[0]?.steps.at(-1);
    expect(written).to.include({ type: "write" }).and.to.have.nested.property("file.mode", "0600");
    const { text } = changes[0]?.after as { readonly text: string };
    expect(JSON.parse(text)).to.deep.equal({ psFormat: "x", auths: { other: { auth: "b" }, "reg:5000": { auth } } });
    expect(JSON.stringify(changes[0]?.diff)).not.to.include("geheim");
    expect(again()).to.deep.equal([]);
  });

  it("leaves what is kept already, unless it is to log in again", async () => {
    const host = config({ auths: { "reg:5000": { auth } } });
    expect((await planModule(login, args, { host })).changes).to.deep.equal([]);
    const forced = await planModule(login, { ...args, reauthorize: true }, { host });
    expect(forced.changes).to.have.length(1);
    expect(forced.again()).to.deep.equal([]);
  });

  it("hands the password to a helper where there is one", async () => {
    const host: Host = [
      ...config({ credsStore: "pass" }),
      [dockerCredential({ helper: "pass", registry: "reg:5000" }), undefined],
    ];
    const { scripts, again } = await planModule(login, args, { host });
    expect(scripts.at(-1)).to.equal("docker-credential-pass store");
    expect(again()).to.deep.equal([]);
  });

  it("forgets", async () => {
    const host = config({ auths: { "reg:5000": { auth } } });
    const { scripts, again } = await planModule(
      login,
      { registry: "reg:5000", state: "absent", config_path: args.config_path },
      { host },
    );
    expect(scripts).to.deep.equal(["write /root/.docker/config.json"]);
    expect(again()).to.deep.equal([]);
    expect(await failure(planModule(login, { registry: "reg:5000" }, { host }))).to.include("username, password");
  });

  it("reads what helpers say", () => {
    const { kind } = dockerCredential({ helper: "pass", registry: "a" });
    const stdout = Buffer.from(
      '{"ServerURL":"a","Username":"u","Secret":"p"}\0credentials not found in native keychain\n\0',
    );
    const read = kind.parse({ rc: 0, stdout, stderr: Buffer.alloc(0) }, [1, 2]);
    expect(read).to.deep.equal([{ username: "u", password: "p" }, undefined]);
  });
});
