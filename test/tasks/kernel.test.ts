import { expect } from "chai";
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
    const [load, options] = ["/etc/modules-load.d/loop.conf", "/etc/modprobe.d/loop.conf"];
    const directory = { type: "directory", mode: 0o755, uid: 0, gid: 0 };
    const directories: NonNullable<Fixture["host"]> = [
      [file("/etc"), directory],
      [file("/etc/modules-load.d"), directory],
      [file("/etc/modprobe.d"), directory],
      [kernelModule("loop"), { isLoaded: true }],
    ];
    const raw = { name: "loop", persistent: "present", params: "max_loop=8" };
    expect((await planModule(modprobe, raw, { host: directories })).scripts).to.deep.equal([
      `write ${load}`,
      `write ${options}`,
    ]);
    const host = [...directories, ...textFile(load, "loop\n"), ...textFile(options, "options loop max_loop=8\n")];
    expect((await planModule(modprobe, raw, { host })).scripts).to.deep.equal([]);
    expect((await planModule(modprobe, { ...raw, persistent: "absent" }, { host })).scripts).to.deep.equal([
      `rm -f -- ${load}`,
      `rm -f -- ${options}`,
    ]);
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
