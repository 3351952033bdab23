import { expect } from "chai";
import { chooseEngine, type EngineProbes } from "../../src/lab/engine.ts";
import { errorCode } from "./error-code.ts";

const limits = `Limit                     Soft Limit           Hard Limit           Units
Max processes             96365                96365                processes
Max open files            1024                 20000                files
`;

function podmanInfo(cgroupVersion: string, runtime: string): EngineProbes["podman"] {
  const host = { cgroupVersion, networkBackend: "netavark", ociRuntime: { name: runtime } };
  return { exitCode: 0, stdout: JSON.stringify({ host }), stderr: "" };
}

const dockerInfo = { exitCode: 0, stdout: JSON.stringify({ CgroupVersion: "2", ServerVersion: "27" }), stderr: "" };

const machine: EngineProbes = {
  isRoot: true,
  podman: podmanInfo("v2", "crun"),
  docker: undefined,
  hasRunc: true,
  hasIptables: true,
  limits,
};

describe("choosing the container engine", () => {
  it("takes podman as it is on cgroup v2, within the hard limits", () => {
    expect(chooseEngine(machine)).to.deep.equal({
      name: "podman",
      command: ["podman"],
      cgroupVersion: 2,
      ulimits: ["nofile=20000:20000", "nproc=32768:32768"],
    });
  });

  it("calls podman with runc on cgroup v1, where crun fails", () => {
    const engine = chooseEngine({ ...machine, podman: podmanInfo("v1", "crun") });
    expect(engine.command).to.deep.equal(["podman", "--runtime", "runc"]);
    expect(chooseEngine({ ...machine, podman: podmanInfo("v1", "runc") }).command).to.deep.equal(["podman"]);
  });

  it("asks for runc when cgroup v1 has only crun", () => {
    expect(errorCode(() => chooseEngine({ ...machine, podman: podmanInfo("v1", "crun"), hasRunc: false }))).to.equal(
      "E_LAB_RUNTIME",
    );
  });

  it("asks for iptables, without which networks cannot start", () => {
    expect(errorCode(() => chooseEngine({ ...machine, hasIptables: false }))).to.equal("E_LAB_RUNTIME");
  });

  it("copes with limits that are not there", () => {
    expect(chooseEngine({ ...machine, limits: "" }).ulimits).to.deep.equal(["nofile=65536:65536", "nproc=32768:32768"]);
  });

  it("prefers podman for root and docker for others", () => {
    expect(chooseEngine({ ...machine, docker: dockerInfo }).name).to.equal("podman");
    expect(chooseEngine({ ...machine, docker: dockerInfo, isRoot: false }).name).to.equal("docker");
    expect(chooseEngine({ ...machine, docker: dockerInfo }, "docker")).to.deep.equal({
      name: "docker",
      command: ["docker"],
      cgroupVersion: 2,
      ulimits: [],
    });
  });

  it("names the one thing to do when there is no way", () => {
    const cases: readonly [string, EngineProbes][] = [
      ["E_LAB_NO_ENGINE", { ...machine, podman: undefined }],
      ["E_LAB_NOT_ROOT", { ...machine, isRoot: false }],
      ["E_LAB_ENGINE", { ...machine, podman: { exitCode: 125, stdout: "", stderr: "broken storage" } }],
      ["E_LAB_ENGINE", { ...machine, podman: undefined, docker: { exitCode: 1, stdout: "", stderr: "no daemon" } }],
    ];
    for (const [code, probes] of cases) expect(errorCode(() => chooseEngine(probes))).to.equal(code);
  });

  it("does not take the client's half of `docker info` for a working docker", () => {
    const stdout = '{"ServerErrors":["Cannot connect to the Docker daemon"]}';
    const probes = { ...machine, podman: undefined, docker: { exitCode: 0, stdout, stderr: "" } };
    expect(errorCode(() => chooseEngine(probes))).to.equal("E_LAB_ENGINE");
  });
});
