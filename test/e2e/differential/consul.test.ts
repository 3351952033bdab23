import { useLab } from "../lab.ts";
import { setUpConsul } from "./consul-host.ts";
import { root } from "./differential-case.ts";
import { differentialSuite } from "./differential-suite.ts";

describe("a module of Consul does what Ansible's does", function () {
  this.timeout(300_000);
  const lab = useLab({ hosts: 1 });
  differentialSuite(lab, "consul", async (onHost) => {
    await lab().reset("node1");
    await onHost(`mkdir -p ${root}`);
    await setUpConsul(onHost, lab().mirror);
  });
});
