import type { TestLab } from "../lab.ts";
import { cutSuite } from "./cut-suite.ts";
import { filesSuite } from "./files-suite.ts";
import type { LawHostKind } from "./law.ts";
import { namesSuite } from "./names-suite.ts";
import { oneChangeSuite } from "./one-change-suite.ts";
import { secretsSuite } from "./secrets-suite.ts";

/** The tests of all laws, of the modules that belong on such a host. `cuts`: at how many places the connection is cut. */
export function lawSuites(lab: () => TestLab, kind: LawHostKind, cuts: number): void {
  describe("of cuts", () => cutSuite(lab, kind, cuts));
  describe("of files", () => filesSuite(lab, kind));
  describe("of names", () => namesSuite(lab, kind));
  oneChangeSuite(lab, kind);
  describe("of secrets", () => secretsSuite(lab, kind));
}
