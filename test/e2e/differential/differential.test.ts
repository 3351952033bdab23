import { useLab } from "../lab.ts";
import { setUpHost } from "./differential-host.ts";
import { differentialSuite } from "./differential-suite.ts";

describe("a module does what Ansible's does", function () {
  this.timeout(600_000);
  const lab = useLab({ hosts: 1 });
  differentialSuite(lab, undefined, async (onHost) => {
    await lab().reset("node1");
    await setUpHost(onHost);
  });
});
