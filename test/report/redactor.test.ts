import { expect } from "chai";
import fc from "fast-check";
import { createRedactor, MASK, MIN_SECRET_LENGTH } from "../../src/report/redactor.ts";

const secretText = fc
  .string({ unit: "grapheme", minLength: 8, maxLength: 30 })
  .filter((text) => text.trim() === text && !text.includes(MASK));
const around = fc.string({ unit: "grapheme", maxLength: 20 });

describe("redactor", () => {
  it("hides a secret wherever it stands in a text", () => {
    fc.assert(
      fc.property(secretText, around, around, (secret, before, after) => {
        expect(createRedactor([secret]).text(before + secret + after)).to.not.include(secret);
      }),
    );
  });

  const encoders: Record<string, (text: string) => string> = {
    JSON: (text) => JSON.stringify({ a: [text] }),
    "JSON in JSON": (text) => JSON.stringify(JSON.stringify({ a: text })),
    "JSON in ASCII": (text) =>
      JSON.stringify(text).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
    URL: (text) => `http://h/?q=${encodeURIComponent(text)}&x`,
    "URL with small digits": (text) => encodeURIComponent(text).replace(/%../g, (byte) => byte.toLowerCase()),
    form: (text) => new URLSearchParams({ q: text }).toString(),
    base64: (text) => Buffer.from(text).toString("base64"),
    "base64 with neighbours": (text) => Buffer.from(`user:${text}:end`).toString("base64"),
    "base64 with other neighbours": (text) => Buffer.from(`me:${text}`).toString("base64"),
    base64url: (text) => Buffer.from(`??>${text}`).toString("base64url"),
    hex: (text) => Buffer.from(text).toString("hex"),
    "shell quoting": (text) => `'${text.replaceAll("'", `'\\''`)}'`,
    "Python's shlex": (text) => `'${text.replaceAll("'", `'"'"'`)}'`,
    XML: (text) =>
      text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  };
  for (const [name, encode] of Object.entries(encoders)) {
    it(`hides a secret in ${name}`, () => {
      for (const secret of ["correct horse/battery+staple", `q"uo'te & <tag> \\ back`, "pässwörd-ünïcode-🙂!"]) {
        const redacted = createRedactor([secret]).text(encode(secret));
        expect(redacted, redacted).to.include(MASK);
        // What may remain of a base64 text is its ends, shared with the neighbours.
        const left = redacted.split(MASK).join("");
        for (let at = 0; at + 12 < encode(secret).length; at++) {
          const part = encode(secret).slice(at, at + 12);
          if (encode("").includes(part) || !left.includes(part)) continue;
          expect.fail(`left over: ${part} in ${redacted}`);
        }
      }
    });
  }

  it("hides the lines of a secret of several lines, but not its short or formal ones", () => {
    const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nshort\n-----END KEY-----\n";
    const redactor = createRedactor([key]);
    expect(redactor.text(key)).to.equal(`${MASK}\n`);
    expect(redactor.text("    MIIEvQIBADANBgkqhkiG9w0BAQEFAASC")).to.equal(`    ${MASK}`);
    expect(redactor.text("-----BEGIN KEY-----\nshort")).to.equal("-----BEGIN KEY-----\nshort");
  });

  it(`leaves secrets of fewer than ${MIN_SECRET_LENGTH} characters alone`, () => {
    expect(createRedactor(["root", ""]).text("root: true")).to.equal("root: true");
  });

  it("takes the longest secret where two overlap, and learns new ones", () => {
    const redactor = createRedactor(["hunter"]);
    expect(redactor.text("hunter2-long")).to.equal(`${MASK}2-long`);
    redactor.add("hunter2-long");
    expect(redactor.text("hunter2-long")).to.equal(MASK);
  });

  it("redacts values deeply, keys and numbers too, and keeps everything else as it is", () => {
    const redactor = createRedactor(["secret-key", "12345678"]);
    const value = { "secret-key": 1, list: ["a secret-key"], pin: 12345678, ok: true, none: null, n: 5 };
    expect(redactor.value(value)).to.deep.equal({
      [MASK]: 1,
      list: [`a ${MASK}`],
      pin: MASK,
      ok: true,
      none: null,
      n: 5,
    });
    expect(createRedactor().value(value)).to.equal(value);
  });

  it("finds a secret that a stream brings in pieces", () => {
    const pieces = fc.array(fc.nat({ max: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(secretText, around, around, pieces, (secret, before, after, cuts) => {
        const redactor = createRedactor([secret]);
        const text = before + secret + after + secret;
        const stream = redactor.stream();
        let out = "";
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), text.length]) {
          out += stream.push(text.slice(from, Math.max(from, cut)));
          from = Math.max(from, cut);
        }
        out += stream.end();
        expect(out).to.equal(redactor.text(text));
      }),
    );
  });

  it("is fast with many secrets", () => {
    const secrets = Array.from({ length: 500 }, (_, index) => `secret-number-${index}-of-many`);
    const redactor = createRedactor(secrets);
    const text = `${"an ordinary line of output\n".repeat(40_000)}secret-number-77-of-many`;
    const startedMs = performance.now();
    expect(redactor.text(text).endsWith(MASK)).to.equal(true);
    expect(performance.now() - startedMs).to.be.below(500);
  });
});
