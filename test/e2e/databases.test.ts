import { setUpDatabases } from "./databases-host.ts";
import { differentialSuite } from "./differential/differential-suite.ts";
import { root } from "./differential/differential-case.ts";
import { useLab } from "./lab.ts";

describe("modules of databases", function () {
  this.timeout(300_000);
  const lab = useLab({ hosts: 1 });

  before("servers", async () => {
    await lab().reset("node1");
    await setUpDatabases((script) => lab().root("node1", script));
  });

  describe("do what Ansible's do", () => {
    differentialSuite(lab, "databases", async (onHost) => void (await onHost(`mkdir -p ${root}`)));
  });
});
