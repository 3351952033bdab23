import { expect } from "chai";
import { isSelected } from "../../src/run/tags.ts";

describe("tags", () => {
  const cases: readonly (readonly [tags: string[], only: string[], skip: string[], wanted: boolean])[] = [
    [[], [], [], true],
    [["a"], [], [], true],
    [["never"], [], [], false],
    [["never", "a"], ["a"], [], true],
    [["a"], ["b"], [], false],
    [["always"], ["b"], [], true],
    [["always"], [], ["always"], false],
    [[], ["tagged"], [], false],
    [["a"], ["tagged"], [], true],
    [["a", "never"], ["tagged"], [], false],
    [[], ["untagged"], [], true],
    [["a"], ["untagged"], [], false],
    [["a"], [], ["a"], false],
    [["a"], ["all"], [], true],
    [["never"], ["all"], [], false],
    [["a"], [], ["all"], false],
    [["always"], [], ["all"], true],
    [["always"], [], ["all", "always"], false],
    [["a"], [], ["tagged"], false],
    [[], [], ["untagged"], false],
  ];
  for (const [tags, only, skip, wanted] of cases) {
    it(`[${tags.join()}] with --tags [${only.join()}] --skip-tags [${skip.join()}] ${wanted ? "runs" : "does not run"}`, () => {
      expect(isSelected(tags, only, skip)).to.equal(wanted);
    });
  }
});
