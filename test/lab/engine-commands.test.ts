import { expect } from "chai";
import type { Engine } from "../../src/lab/engine.ts";
import {
  copyTarArgv,
  createHostArgv,
  createNetworkArgv,
  macAddress,
  removeContainerArgv,
} from "../../src/lab/engine-commands.ts";

const podman: Engine = {
  name: "podman",
  command: ["podman", "--runtime", "runc"],
  cgroupVersion: 1,
  ulimits: ["nofile=20000:20000"],
};
const docker: Engine = { name: "docker", command: ["docker"], cgroupVersion: 2, ulimits: [] };
const lab = { name: "x", id: "tsrun-x-12345678", checkout: "/home/me/site", directory: "/home/me/site/.tsrun/lab/x" };
const host = {
  container: "tsrun-x-12345678-node1",
  host: "node1",
  address: "10.70.1.11",
  network: lab.id,
  image: "localhost/tsrun-lab:debian-12-abc",
};
const labels = "--label=io.tsrun.lab=tsrun-x-12345678 --label=io.tsrun.checkout=/home/me/site";

describe("container command lines", () => {
  it("create a podman host with systemd, its address and the allowed limits", () => {
    expect(createHostArgv(podman, lab, host).join(" ")).to.equal(
      `podman --runtime runc create ${labels} --pull=never --name=tsrun-x-12345678-node1 --hostname=node1 ` +
        "--network=tsrun-x-12345678 --network-alias=node1 --ip=10.70.1.11 --mac-address=02:42:0a:46:01:0b " +
        "--restart=always --ulimit=nofile=20000:20000 --systemd=always --no-hosts --cap-add=SYS_ADMIN " +
        "--cap-add=NET_ADMIN --cap-add=NET_RAW --cap-add=AUDIT_WRITE --cap-add=MKNOD localhost/tsrun-lab:debian-12-abc /sbin/init",
    );
  });

  it("create a docker host privileged in its own cgroup namespace", () => {
    expect(createHostArgv(docker, lab, host).join(" ")).to.equal(
      `docker create ${labels} --pull=never --name=tsrun-x-12345678-node1 --hostname=node1 ` +
        "--network=tsrun-x-12345678 --network-alias=node1 --ip=10.70.1.11 --mac-address=02:42:0a:46:01:0b " +
        "--restart=always --privileged --security-opt=seccomp=unconfined --security-opt=apparmor=unconfined " +
        "--tmpfs=/run --tmpfs=/run/lock --tmpfs=/tmp:exec --env=container=docker " +
        "--add-host=host.containers.internal:host-gateway --cgroupns=private " +
        "localhost/tsrun-lab:debian-12-abc /sbin/init",
    );
  });

  it("give docker on cgroup v1 the machine's hierarchy", () => {
    const argv = createHostArgv({ ...docker, cgroupVersion: 1 }, lab, host);
    expect(argv).to.include.members(["--cgroupns=host", "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw"]);
    expect(argv).not.to.include("--cgroupns=private");
  });

  it("label the network", () => {
    expect(createNetworkArgv(docker, lab, "10.70.1.0/24").join(" ")).to.equal(
      `docker network create ${labels} --subnet=10.70.1.0/24 tsrun-x-12345678`,
    );
  });

  it("keep the owners of copied files with both engines", () => {
    expect(copyTarArgv(podman, "c")).to.deep.equal([
      "podman",
      "--runtime",
      "runc",
      "cp",
      "--archive=false",
      "-",
      "c:/",
    ]);
    expect(copyTarArgv(docker, "c")).to.deep.equal(["docker", "cp", "-", "c:/"]);
  });

  it("remove without podman's grace period, which docker has not", () => {
    expect(removeContainerArgv(podman, "c").slice(3).join(" ")).to.equal("rm --force --volumes --time=0 c");
    expect(removeContainerArgv(docker, "c").join(" ")).to.equal("docker rm --force --volumes c");
  });

  it("derive a MAC address from the address", () => {
    expect(macAddress("10.255.0.9")).to.equal("02:42:0a:ff:00:09");
  });
});
