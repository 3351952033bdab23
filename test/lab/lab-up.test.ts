import { expect } from "chai";
import { subnetsOfNetworks } from "../../src/lab/lab-network.ts";
import { giveAddresses } from "../../src/lab/lab-up.ts";

describe("addresses of hosts", () => {
  it("start at .11", () => {
    expect(giveAddresses(["a", "b"], "10.70.1.0/24", undefined)).to.deep.equal([
      { name: "a", address: "10.70.1.11" },
      { name: "b", address: "10.70.1.12" },
    ]);
  });

  it("stay with their hosts when others come and go", () => {
    const previous = { subnet: "10.70.1.0/24", hosts: giveAddresses(["a", "b", "c"], "10.70.1.0/24", undefined) };
    expect(giveAddresses(["new", "c", "a"], "10.70.1.0/24", previous)).to.deep.equal([
      { name: "new", address: "10.70.1.12" },
      { name: "c", address: "10.70.1.13" },
      { name: "a", address: "10.70.1.11" },
    ]);
  });

  it("are given anew in another subnet", () => {
    const previous = { subnet: "10.70.1.0/24", hosts: [{ name: "b", address: "10.70.1.12" }] };
    expect(giveAddresses(["b"], "10.99.1.0/24", previous)).to.deep.equal([{ name: "b", address: "10.99.1.11" }]);
  });
});

describe("subnets of the engine's networks", () => {
  it("are read from podman and docker", () => {
    const podman = [{ name: "lab", subnets: [{ subnet: "fd00::/64" }, { subnet: "10.70.1.0/24" }] }];
    const docker = [
      { Name: "bridge", IPAM: { Config: [{ Subnet: "172.17.0.0/16" }] } },
      { Name: "none", IPAM: { Config: null } },
    ];
    expect([...subnetsOfNetworks(JSON.stringify(podman))]).to.deep.equal([["lab", "10.70.1.0/24"]]);
    expect([...subnetsOfNetworks(JSON.stringify(docker))]).to.deep.equal([["bridge", "172.17.0.0/16"]]);
    expect(subnetsOfNetworks("").size).to.equal(0);
  });
});
