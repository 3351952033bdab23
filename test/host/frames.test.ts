import { expect } from "chai";
import fc from "fast-check";
import { type Answer, FrameDecoder, FrameError, frameHead, type HostMessage } from "../../src/host/frames.ts";

const nonce = "00112233445566778899aabbccddeeff";
const hello = `${nonce} hello 1 42 machine boot 0 root\n${nonce} /root\n`;

const output = fc.record({ head: fc.uint8Array(), tail: fc.uint8Array({ maxLength: 20 }), passedBytes: fc.nat() });
const answer = fc.record({
  id: fc.nat(),
  rc: fc.option(fc.nat(255), { nil: undefined }),
  stdout: output,
  stderr: output,
});

function encode({ id, rc, stdout, stderr }: Answer): Buffer {
  const sizes = [stdout, stderr]
    .map(({ head, tail, passedBytes }) => `${head.length} ${tail.length} ${passedBytes}`)
    .join(" ");
  const parts = [stdout.head, stdout.tail, stderr.head, stderr.tail];
  return Buffer.concat([
    Buffer.from(`${nonce} ${id} ${rc ?? "-"} ${sizes}\n`),
    ...parts,
    Buffer.from(`${nonce} ${id} .\n`),
  ]);
}

function decode(bytes: Uint8Array, cuts: readonly number[]): HostMessage[] {
  const decoder = new FrameDecoder(nonce);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].flatMap((end, index) =>
    decoder.push(bytes.subarray(index === 0 ? 0 : ends[index - 1], end)),
  );
}

const answersOf = (messages: readonly HostMessage[]) =>
  messages.flatMap((message) =>
    message.kind === "answer" ? [{ ...message, stdout: plain(message.stdout), stderr: plain(message.stderr) }] : [],
  );
const plain = ({ head, tail, passedBytes }: Answer["stdout"]) => ({ head: [...head], tail: [...tail], passedBytes });

describe("frames from the host", () => {
  it("are the same however the bytes are cut, and whatever came before the first word", () => {
    const noise = fc.uint8Array().map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(noise, fc.array(answer, { maxLength: 5 }), fc.array(fc.nat()), (before, answers, cuts) => {
        const bytes = Buffer.concat([before, Buffer.from(hello), ...answers.map(encode)]);
        const messages = decode(bytes, cuts);
        expect(messages[0]).to.include({ kind: "hello", pid: 42, user: "root", home: "/root" });
        const expected = answers.map((one) => ({
          kind: "answer",
          ...one,
          stdout: plain(one.stdout),
          stderr: plain(one.stderr),
        }));
        expect(answersOf(messages)).to.deep.equal(expected);
      }),
    );
  });

  it("count only with their trailer: cut off at any byte, the last answer is missing", () => {
    const empty = { head: new Uint8Array(), tail: new Uint8Array(), passedBytes: 0 };
    const bytes = Buffer.concat([
      Buffer.from(hello),
      encode({ id: 1, rc: 0, stdout: { ...empty, head: Buffer.from(`${nonce} 2 .\n`) }, stderr: empty }),
    ]);
    for (let length = 0; length < bytes.length; length++) {
      expect(answersOf(decode(bytes.subarray(0, length), []))).to.deep.equal([]);
    }
    expect(answersOf(decode(bytes, []))).to.have.length(1);
  });

  for (const [what, bytes] of [
    ["another nonce", `${"f".repeat(32)} 1 0 0 0 0 0 0 0\n`],
    ["too few numbers", `${nonce} 1 0 0 0\n`],
    ["a negative length", `${nonce} 1 0 -5 0 0 0 0 0\n`],
    ["a huge length", `${nonce} 1 0 99999999999999999999 0 0 0 0 0\n`],
    ["more than a host may say", `${nonce} 1 0 9999999999 0 0 0 0 0\n`],
    ["a wrong trailer", `${nonce} 1 0 2 0 0 0 0 0\nok${nonce} 2 .\n`],
    ["a line without an end", "x".repeat(10_000)],
  ] as const) {
    it(`are refused with ${what}`, () => {
      const decoder = new FrameDecoder(nonce);
      decoder.push(Buffer.from(hello));
      expect(() => decoder.push(Buffer.from(bytes))).to.throw(FrameError);
    });
  }

  it("are not waited for in endless noise", () => {
    const decoder = new FrameDecoder(nonce);
    expect(() => {
      for (let index = 0; index < 100; index++) decoder.push(Buffer.alloc(65536, "y\n"));
    }).to.throw(FrameError);
  });
});

describe("frames to the host", () => {
  it("say how long script and payload are", () => {
    const head = frameHead({ id: 3, script: Buffer.from("echo ä\n"), stdinSize: 5, flag: "p", tailBytes: 10 });
    expect(Buffer.from(head).toString()).to.equal("run 3 8 5 p 10\necho ä\n");
  });
});
