import { expect } from "chai";
import { directoryFiles } from "../../src/state/directory-files.ts";
import { file } from "../../src/state/file.ts";
import { fileContent } from "../../src/state/file-content.ts";
import { kernelModule } from "../../src/state/kernel-module.ts";
import { kernelSetting } from "../../src/state/kernel-setting.ts";
import { timezone } from "../../src/state/timezone.ts";
import modprobe from "../../tasks/modprobe.ts";
import sysctl from "../../tasks/sysctl.ts";
import moduleTimezone from "../../tasks/timezone.ts";
import { runQuery } from "../state/run-query.ts";
import { type Fixture, planModule } from "./plan-module.ts";

const textFile = (path: string, text: string): NonNullable<Fixture["host"]> => [
  [file(path), { type: "file", mode: 0o644, uid: 0, gid: 0, size: text.length }],
  [fileContent(path), { size: text.length, text }],
];
const failure = (promise: Promise<unknown>) => promise.then(() => "no failure", String);

describe("module: sysctl", () => {
  const path = "/etc/sysctl.d/60.conf";
  const name = "net.ipv4.ip_forward";
  const plan = (raw: Record<string, unknown>, text: string, running?: string) =>
    planModule(
      sysctl,
      { name, sysctl_file: path, ...raw },
      { host: [...textFile(path, text), [kernelSetting(name), running]] },
    );
  const written = async (raw: Record<string, unknown>, text: string) => {
    const step = (await plan({ reload: false, ...raw }, text)).changes[0]?.steps[0];
    return step?.type === "write" ? Buffer.from(step.file.content as Uint8Array).toString() : undefined;
  };

  it("writes an entry once and keeps the rest", async () => {
    expect(await written({ value: 1 }, "# c\na=1\n")).to.equal(`# c\na=1\n${name}=1\n`);
    expect(await written({ value: 1 }, `#${name}=1\n${name} = 0\nb=2\n${name}=3\n`)).to.equal(
      `#${name}=1\n${name}=1\nb=2\n`,
    );
    expect(await written({ value: 1 }, `${name} = 1\n`)).to.equal(undefined);
    expect(await written({ value: "4096 1\t2" }, `${name}=4096\t1 2\n`)).to.equal(undefined);
    expect(await written({ state: "absent" }, `${name}=1\nb=2\n`)).to.equal("b=2\n");
    expect(await written({ state: "absent" }, "b=2\n")).to.equal(undefined);
  });

  it("loads the file before it takes its place, when it changes", async () => {
    const validation = async (raw: Record<string, unknown>, text: string) => {
      const step = (await plan({ value: 1, ...raw }, text)).changes[0]?.steps[0];
      return step?.type === "write" ? step.file.validate : undefined;
    };
    expect(await validation({}, "")).to.equal("sysctl -p %s >/dev/null");
    expect(await validation({ ignoreerrors: true }, "")).to.equal("sysctl -e -p %s >/dev/null");
    expect(await validation({ reload: false }, "")).to.equal(undefined);
    expect((await plan({ value: 1 }, `${name}=1\n`)).changes).to.deep.equal([]);
  });

  it("brings the kernel to the value when asked", async () => {
    const set = { value: 1, sysctl_set: true };
    expect((await plan(set, `${name}=1\n`, "0")).scripts.map((script) => script.replace(/ +/g, " "))).to.deep.equal([
      `sysctl -w ${name}=1`,
    ]);
    expect((await plan(set, `${name}=1\n`, "1")).scripts).to.deep.equal([]);
    expect((await plan({ ...set, ignoreerrors: true }, `${name}=1\n`)).scripts).to.deep.equal([]);
  });

  it("refuses what makes no sense", async () => {
    expect(await failure(plan({}, ""))).to.include("`value` is needed");
    expect(await failure(plan({ name: "a b", value: 1 }, ""))).to.include("is no name of a kernel setting");
  });

  it("reads this kernel", () => {
    const found = runQuery(
      ["kernel.ostype", "kernel/ostype", "no.such'setting", "../../etc/passwd"].map(kernelSetting),
    );
    expect(found).to.deep.equal(["Linux", "Linux", undefined, undefined]);
  });
});

describe("module: modprobe", () => {
  it("loads, unloads, and lets things be", async () => {
    const plan = (raw: Record<string, unknown>, isLoaded: boolean) =>
      planModule(modprobe, { name: "br_netfilter", ...raw }, { host: [[kernelModule("br_netfilter"), { isLoaded }]] });
    expect((await plan({ params: "a=1 b=2" }, false)).scripts).to.deep.equal(["modprobe -- br_netfilter a=1 b=2"]);
    expect((await plan({ state: "absent" }, true)).scripts).to.deep.equal(["modprobe -r -- br_netfilter"]);
    expect((await plan({}, true)).scripts).to.deep.equal([]);
    expect(await failure(plan({ name: "-x" }, true))).to.include("is no name of a kernel module");
  });

  it("sees to the next boot", async () => {
    const [loads, options] = ["/etc/modules-load.d", "/etc/modprobe.d"];
    const directory = { type: "directory", mode: 0o755, uid: 0, gid: 0 };
    const etc: NonNullable<Fixture["host"]> = [
      [file("/etc"), directory],
      [file(loads), directory],
      [file(options), directory],
      [kernelModule("loop"), { isLoaded: true }],
    ];
    const plan = async (
      raw: Record<string, unknown>,
      texts: Readonly<Record<string, string>> = {},
    ): Promise<Record<string, string>> => {
      const below = (path: string) =>
        Object.fromEntries(
          Object.entries(texts).flatMap(([name, text]) =>
            name.startsWith(`${path}/`) ? [[name.slice(path.length + 1), text]] : [],
          ),
        );
      const host = [
        ...etc,
        ...[loads, options].map((path) => [directoryFiles(path), below(path)] as const),
        ...Object.entries(texts).flatMap(([path, text]) => textFile(path, text)),
      ];
      const { changes } = await planModule(modprobe, { name: "loop", ...raw }, { host });
      const files = changes.flatMap(({ steps }) => steps.flatMap((step) => (step.type === "write" ? [step.file] : [])));
      return Object.fromEntries(
        files.map(({ path, content }) => [path, Buffer.from(content as Uint8Array).toString()]),
      );
    };
    const wanted = { persistent: "present", params: "a=1 b=2" };
    const own = { [`${loads}/loop.conf`]: "loop\n", [`${options}/loop.conf`]: "options loop a=1\noptions loop b=2\n" };
    expect(await plan(wanted)).to.deep.equal(own);
    expect(await plan(wanted, own)).to.deep.equal({});
    const others = { [`${loads}/x.conf`]: "# c\nloop # x\n", [`${options}/x.conf`]: "options loop b=2 a=1\n" };
    expect(await plan(wanted, others)).to.deep.equal({});
    expect(await plan({ persistent: "present", params: "a=2" }, others)).to.deep.equal({
      [`${options}/x.conf`]: "#options loop b=2 a=1\n",
      [`${options}/loop.conf`]: "options loop a=2\n",
    });
    expect(await plan({ persistent: "absent" }, others)).to.deep.equal({
      [`${loads}/x.conf`]: "# c\n#loop # x\n",
      [`${options}/x.conf`]: "#options loop b=2 a=1\n",
    });
    expect(await plan({ persistent: "absent" }, { [`${loads}/x.conf`]: "loopy\n" })).to.deep.equal({});
  });

  it("takes - and _ for the same", () => {
    const answer = kernelModule("x").kind.parse(
      { rc: 0, stdout: Buffer.from("br_netfilter\nloop\n\0kernel/fs/nls-utf8.ko\n"), stderr: Buffer.from("") },
      ["br-netfilter", "nls_utf8", "none"],
    );
    expect(answer).to.deep.equal([{ isLoaded: true }, { isLoaded: true }, { isLoaded: false }]);
  });
});

describe("module: timezone", () => {
  const plan = (name: string, state: Record<string, unknown>) =>
    planModule(moduleTimezone, { name }, { host: [[timezone("host"), { hasZones: true, ...state }]] });

  it("sets link and file, and leaves them when they are right", async () => {
    const { changes } = await plan("Europe/Berlin", { name: "Etc/UTC", written: "Etc/UTC" });
    expect(changes[0]?.after).to.deep.equal({ name: "Europe/Berlin", written: "Europe/Berlin" });
    expect((await plan("Etc/UTC", { name: "Etc/UTC", written: "Etc/UTC" })).changes).to.deep.equal([]);
    expect((await plan("Etc/UTC", { name: "Etc/UTC", written: undefined })).changes).to.deep.equal([]);
    expect((await plan("Etc/UTC", { name: "Etc/UTC", written: "Europe/Berlin" })).changes).to.have.length(1);
  });

  it("refuses what is no zone", async () => {
    for (const name of ["../etc/passwd", "", "-x", "a b"])
      expect(await failure(plan(name, { name: "" }))).to.include("is no name of a time zone");
  });

  it("sets the hardware clock", async () => {
    const host = [[timezone("host"), { name: "Etc/UTC", hwclock: "UTC" }]] as const;
    const { scripts, again } = await planModule(moduleTimezone, { rtc: "local" }, { host });
    expect(scripts).to.have.length(1);
    expect(scripts[0]).to.include("timedatectl set-local-rtc 1").and.to.include("hwclock --systohc --localtime");
    expect(again()).to.deep.equal([]);
    expect((await planModule(moduleTimezone, { hwclock: "UTC" }, { host })).changes).to.deep.equal([]);
    expect(await failure(planModule(moduleTimezone, {}, { host }))).to.include("one of the following is required");
  });

  it("reads this machine's", () => {
    expect(runQuery([timezone("host")])[0]).to.have.all.keys("name", "written", "hasZones", "hwclock");
  });
});
