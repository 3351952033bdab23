import { expect } from "chai";
import { splitVolumes, wantedMount } from "../../src/plan/docker-mounts.ts";
import { exposedPorts, portBindings } from "../../src/plan/docker-ports.ts";
import { byteSize, nanoseconds } from "../../src/plan/docker-units.ts";

describe("values of Docker's options", () => {
  it("has sizes with and without a unit", () => {
    const sizes = ["512", "64m", "1.5G", "2KB", "1b"].map((text) => byteSize("memory", text));
    expect(sizes).to.deep.equal([512, 67_108_864, 1_610_612_736, 2048, 1]);
    for (const text of ["", "m", "1x", "1 mb", "-1"]) expect(() => byteSize("memory", text), text).to.throw("`memory`");
  });

  it("has durations", () => {
    const durations = ["1m30s", "500ms", "2h", "10us", ""].map((text) => nanoseconds("interval", text));
    expect(durations).to.deep.equal([90e9, 5e8, 7200e9, 10_000, 0]);
    expect(() => nanoseconds("interval", "30")).to.throw("1m30s");
  });

  it("binds ports where they are published", () => {
    expect(portBindings(["80", "8080:80", "127.0.0.1:9000-9001:90-91/udp", "[::1]::443"], "0.0.0.0")).to.deep.equal({
      "80/tcp": [
        { HostIp: "0.0.0.0", HostPort: "" },
        { HostIp: "0.0.0.0", HostPort: "8080" },
      ],
      "90/udp": [{ HostIp: "127.0.0.1", HostPort: "9000" }],
      "91/udp": [{ HostIp: "127.0.0.1", HostPort: "9001" }],
      "443/tcp": [{ HostIp: "::1", HostPort: "" }],
    });
    for (const port of ["all", "web:80:80", "1-2:3-5", "5-1", "1:2:3:4", "http"])
      expect(() => portBindings([port], ""), port).to.throw(/port|range|parts|address/);
    expect(exposedPorts(["90", " 53/udp"], ["80/tcp", "90/tcp"])).to.deep.equal(["90/tcp", "53/udp", "80/tcp"]);
  });

  it("tells directories of the host, volumes and nameless volumes apart", () => {
    const volumes = ["data:/data", "/srv:/srv:ro,z", "/nameless", "/too:rw", "~/site:/www", "./x/../y:/y"];
    expect(splitVolumes(volumes, [], "/home/anna")).to.deep.equal({
      nameless: ["/nameless", "/too:rw"],
      binds: ["data:/data:rw", "/srv:/srv:ro,z", "/home/anna/site:/www:rw", "/home/anna/y:/y:rw"],
    });
    expect(() => splitVolumes(["a:/x:maybe"], [], "/")).to.throw("`maybe` is no mode");
    expect(() => splitVolumes(["a:/x", "b:/x"], [], "/")).to.throw("twice in `volumes`");
    expect(() => splitVolumes(["a:/x"], [{ target: "/x", type: "volume" }], "/")).to.throw(
      "twice in `mounts` and `volumes`",
    );
  });

  it("refuses what a mount of its type cannot have", () => {
    expect(wantedMount({ target: "/t", type: "tmpfs", tmpfs_size: "1m", tmpfs_mode: "1770" })).to.deep.equal({
      target: "/t",
      type: "tmpfs",
      tmpfs_size: 1_048_576,
      tmpfs_mode: 0o1770,
    });
    expect(() => wantedMount({ target: "/t", type: "bind" })).to.throw("source must be specified");
    expect(() => wantedMount({ target: "/t", type: "volume", propagation: "shared" })).to.throw('needs type "bind"');
  });
});
