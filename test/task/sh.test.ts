import { execFileSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import { decodeBytes, encodeBytes } from "../../src/lib/bytes.ts";
import { quote, sh, shLines } from "../../src/task/sh.ts";

describe("sh", () => {
  it("quotes values, leaves out what is not there and spreads lists", () => {
    const gid: number | undefined = undefined;
    expect(sh`groupadd ${gid !== undefined && ["-g", gid]} -- ${"a b"}`.text).to.equal("groupadd  -- 'a b'");
    expect(sh`groupadd ${["-g", 0]} -- ${"it's"}`.text).to.equal("groupadd -g 0 -- 'it'\\''s'");
    expect(sh`rm -f -- ${["a", "", "*"]}`.text).to.equal("rm -f -- a '' '*'");
  });

  it("nests pieces of shell and writes the shell's own expansions", () => {
    const inner = sh`stat -- ${"/a b"}`;
    expect(sh`if ${inner}; then echo "\${x%.*}"; fi`.text).to.equal(`if stat -- '/a b'; then echo "\${x%.*}"; fi`);
    expect(shLines([inner, undefined, sh`true`]).text).to.equal("stat -- '/a b'\ntrue");
  });

  it("refuses a value between quotes of the literal text", () => {
    expect(() => sh`echo "${"x"}"`).to.throw(TypeError, "stands inside quotes");
    expect(() => sh`echo '${"x"}'`).to.throw(TypeError, "stands inside quotes");
  });

  it("refuses NUL bytes", () => {
    expect(() => quote("a\0b")).to.throw("NUL");
  });

  it("brings any byte string but NUL through real shells unchanged", () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 40, min: 1 });
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 5 }), (words) => {
        const script = sh`printf '%s\0' ${words.map(decodeBytes)}`.text;
        for (const shell of ["/bin/dash", "/bin/bash"]) {
          const output = execFileSync(shell, { input: Buffer.from(encodeBytes(script)), env: { LC_ALL: "C" } });
          const expected = Buffer.concat(words.flatMap((word) => [Buffer.from(word), Buffer.of(0)]));
          expect(output.equals(expected)).to.equal(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});
