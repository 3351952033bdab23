import { expect } from "chai";
import fc from "fast-check";
import { addressIn, pickSubnet, routedNetworks } from "../../src/lab/pick-subnet.ts";
import { errorCode } from "./error-code.ts";

const procNetRoute = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
podman0\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`;

describe("picking a subnet", () => {
  it("reads the kernel's routes and leaves the default route out", () => {
    expect(routedNetworks(procNetRoute)).to.deep.equal(["192.0.2.0/24", "10.88.0.0/16"]);
    expect(routedNetworks("")).to.deep.equal([]);
  });

  it("gives the same seed the same subnet", () => {
    expect(pickSubnet("tsrun-a", [])).to.equal(pickSubnet("tsrun-a", []));
    expect(pickSubnet("tsrun-a", [])).not.to.equal(pickSubnet("tsrun-b", []));
  });

  it("never overlaps a network in use, wider or narrower", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 9, max: 32 }), (seed, prefix) => {
        const first = pickSubnet(seed, []);
        const inside = first.replace("0/24", `200/${prefix}`);
        const second = pickSubnet(seed, [inside]);
        expect(second).not.to.equal(first);
        expect(pickSubnet(seed, [inside, second])).not.to.be.oneOf([first, second]);
      }),
    );
  });

  it("says so when nothing is free", () => {
    expect(errorCode(() => pickSubnet("x", ["10.0.0.0/8"]))).to.equal("E_LAB_SUBNET");
  });

  it("counts addresses from the network's first, past a byte's end", () => {
    expect(addressIn("10.1.2.0/24", 11)).to.equal("10.1.2.11");
    expect(addressIn("10.1.2.77/24", 1)).to.equal("10.1.2.1");
    expect(addressIn("10.1.0.0/16", 300)).to.equal("10.1.1.44");
  });
});
