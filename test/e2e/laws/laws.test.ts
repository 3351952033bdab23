import { useLab } from "../lab.ts";
import { lawSuites } from "./law-suites.ts";

describe("laws", function () {
  this.timeout(300_000);
  const lab = useLab({ hosts: 1 });
  lawSuites(lab, undefined, 8);
});
