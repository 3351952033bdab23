import { expect } from "chai";
import { escapeFstab, removeFstabEntry, setFstabEntry } from "../../src/plan/edit-fstab.ts";
import { file } from "../../src/state/file.ts";
import { fileContent } from "../../src/state/file-content.ts";
import { mounted } from "../../src/state/mounts.ts";
import mount from "../../tasks/mount.ts";
import { runQuery } from "../state/run-query.ts";
import { type Fixture, planModule } from "./plan-module.ts";

const entry = { path: "/data", src: "/dev/sdb1", fstype: "ext4", opts: "defaults", dump: "0", passno: "2" };
const line = "/dev/sdb1 /data ext4 defaults 0 2\n";

describe("fstab", () => {
  const cases: readonly [string, string, string][] = [
    ["gets a new entry at its end", "# c\nproc /proc proc defaults", `# c\nproc /proc proc defaults\n${line}`],
    ["keeps an entry that is right as it is written", "/dev/sdb1\t/data ext4  defaults 0 2\n", "same"],
    ["fills in what is left out", "/dev/sdb1 /data ext4 defaults\nx\n", `${line}x\n`],
    ["alters an entry in its place", "UUID=1 /data xfs ro 0 0\nx\n", `${line}x\n`],
  ];
  for (const [name, before, after] of cases)
    it(name, () => expect(setFstabEntry(before, entry).text).to.equal(after === "same" ? before : after));

  it("tells swap entries apart by their source", () => {
    const swap = { path: "none", src: "/dev/sdb2", fstype: "swap", opts: "sw", dump: "0", passno: "0" };
    const other = "/dev/sda2 none swap sw 0 0\n";
    expect(setFstabEntry(other, swap).text).to.equal(`${other}/dev/sdb2 none swap sw 0 0\n`);
    expect(removeFstabEntry(`${other}/dev/sdb2 none swap sw 0 0\n`, swap).text).to.equal(other);
  });

  it("escapes blanks", () => {
    expect(escapeFstab("/a b&\\")).to.equal("/a\\040b\\046\\134");
    const text = setFstabEntry("", { ...entry, path: "/a b" }).text;
    expect(setFstabEntry(text, { ...entry, path: "/a b" }).text).to.equal(text);
  });
});

describe("mounts of a host", () => {
  it("are read with what bind mounts show", () => {
    const stdout = Buffer.from(
      [
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
        "30 22 0:25 / /mnt/a\\040b rw - tmpfs tmpfs rw",
        "31 22 8:1 /srv/data /var/lib/app rw master:1 - ext4 /dev/sda1 rw",
        "",
      ].join("\n"),
    );
    const answers = mounted("x").kind.parse({ rc: 0, stdout, stderr: Buffer.from("") }, [
      "/mnt/a b",
      "/var/lib/app",
      "/none",
    ]);
    expect(answers).to.deep.equal([
      { source: "tmpfs", boundFrom: undefined, fstype: "tmpfs", options: "rw" },
      { source: "/dev/sda1", boundFrom: "/srv/data", fstype: "ext4", options: "rw" },
      undefined,
    ]);
  });

  it("are read from this machine", () => {
    const [proc, none] = runQuery([mounted("/proc"), mounted("/no such'place")]);
    expect(proc).to.include({ fstype: "proc" });
    expect(none).to.equal(undefined);
  });
});

describe("module: mount", () => {
  const directory = { type: "directory", mode: 0o755, uid: 0, gid: 0 };
  const isMounted = [mounted("/data"), { source: "/dev/sdb1", fstype: "ext4", options: "rw" }] as const;
  const plan = async (raw: Record<string, unknown>, text: string, ...host: NonNullable<Fixture["host"]>) => {
    const base: NonNullable<Fixture["host"]> = [
      [file("/etc"), directory],
      [file("/etc/fstab"), { type: "file", mode: 0o644, uid: 0, gid: 0, size: text.length }],
      [fileContent("/etc/fstab"), { size: text.length, text }],
    ];
    const planned = await planModule(
      mount,
      { path: "/data", src: "/dev/sdb1", fstype: "ext4", passno: 2, ...raw },
      { host: [...base, ...host] },
    );
    expect(planned.again(), "a second run").to.deep.equal([]);
    return planned;
  };
  const point = [file("/data"), directory] as const;

  it("mounts before it writes the table", async () => {
    const { scripts, result } = await plan({ state: "mounted" }, "");
    expect(scripts).to.deep.equal([
      "mkdir -p -- /data",
      "mount -t ext4 -o defaults -- /dev/sdb1 /data",
      "write /etc/fstab",
    ]);
    expect(result).to.include({ name: "/data", src: "/dev/sdb1", opts: "defaults", boot: "yes", fstab: "/etc/fstab" });
  });

  it("leaves what is mounted and in the table", async () => {
    expect((await plan({ state: "mounted" }, line, point, isMounted)).changes).to.deep.equal([]);
    expect((await plan({ state: "present" }, line)).changes).to.deep.equal([]);
    expect((await plan({ state: "unmounted" }, "")).changes).to.deep.equal([]);
    expect((await plan({ state: "absent" }, "")).changes).to.deep.equal([]);
  });

  it("remounts for new options, and mounts anew for a new source", async () => {
    const again = "umount -- /data && mount -t ext4 -o noatime -- /dev/sdb1 /data";
    expect((await plan({ state: "mounted", opts: "noatime" }, line, point, isMounted)).scripts).to.deep.equal([
      `mount -o remount,noatime -- /data 2>/dev/null || { ${again}; }`,
      "write /etc/fstab",
    ]);
    const other = line.replace("sdb1", "sdc1");
    expect((await plan({ state: "mounted", opts: "noatime" }, other, point, isMounted)).scripts[0]).to.equal(again);
  });

  it("unmounts, and takes entry and directory away", async () => {
    expect((await plan({ state: "unmounted" }, line, point, isMounted)).scripts).to.deep.equal(["umount -- /data"]);
    expect((await plan({ state: "absent" }, line, point, isMounted)).scripts).to.deep.equal([
      "umount -- /data",
      "write /etc/fstab",
      "rmdir -- /data",
    ]);
    expect((await plan({ state: "absent_from_fstab" }, line, point, isMounted)).scripts).to.deep.equal([
      "write /etc/fstab",
    ]);
  });

  it("leaves the table alone for an ephemeral mount, and never covers another one", async () => {
    expect((await plan({ state: "ephemeral" }, line, point)).scripts).to.deep.equal([
      "mount -t ext4 -o defaults -- /dev/sdb1 /data",
    ]);
    const failure = (raw: Record<string, unknown>, ...host: NonNullable<Fixture["host"]>) =>
      planModule(mount, { path: "/data", ...raw }, { host }).then(() => "no failure", String);
    expect(await failure({ state: "ephemeral", src: "/dev/x", fstype: "ext4" }, isMounted)).to.include(
      "mounted already, from /dev/sdb1",
    );
    expect(await failure({ state: "mounted", fstype: "ext4" })).to.include("missing: src");
  });

  it("adds noauto for what is not mounted at boot", async () => {
    const { changes } = await plan({ state: "present", boot: false, opts: "ro" }, "");
    const step = changes[0]?.steps[0];
    expect(step?.type === "write" && Buffer.from(step.file.content as Uint8Array).toString()).to.equal(
      "/dev/sdb1 /data ext4 ro,noauto 0 2\n",
    );
  });
});
