import { PassThrough } from "node:stream";
import { expect } from "chai";
import { ask } from "../../src/cli/prompt.ts";
import { MemoryStream } from "../report/memory-stream.ts";

function terminal(): { stdin: PassThrough & NodeJS.ReadStream; stderr: MemoryStream } {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  return {
    stdin: stdin as unknown as PassThrough & NodeJS.ReadStream,
    stderr: new MemoryStream({ columns: 80, rows: 24 }),
  };
}

describe("prompt", () => {
  it("does not echo a secret", async () => {
    const { stdin, stderr } = terminal();
    const answer = ask({ text: "Password: ", isSecret: true }, { stdin, stderr });
    stdin.write("hunter2\r");
    expect(await answer).to.equal("hunter2");
    expect(stderr.text).to.equal("Password: \n");
  });

  it("does not echo a secret after a question whose answer was echoed", async () => {
    const { stdin, stderr } = terminal();
    const name = ask({ text: "Name: ", isSecret: false }, { stdin, stderr });
    stdin.write("jo\r");
    expect(await name).to.equal("jo");
    const password = ask({ text: "Password: ", isSecret: true }, { stdin, stderr });
    stdin.write("hunter2\r");
    expect(await password).to.equal("hunter2");
    expect(stderr.plainText).to.contain("jo").and.not.contain("hunter2");
    expect(stdin.listenerCount("keypress")).to.equal(0);
  });

  it("answers with the default when the answer is empty or the time is over", async () => {
    const { stdin, stderr } = terminal();
    const answer = ask({ text: "Name: ", isSecret: false, defaultAnswer: "web" }, { stdin, stderr });
    stdin.write("\r");
    expect(await answer).to.equal("web");
    expect(await ask({ text: "Go on? ", isSecret: false, defaultAnswer: "yes", timeoutMs: 20 }, terminal())).to.equal(
      "yes",
    );
  });

  it("stops on Ctrl-C and says that there was no answer on Ctrl-D", async () => {
    for (const [key, code] of [
      ["\x03", "E_INTERRUPTED"],
      ["\x04", "E_NO_ANSWER"],
    ] as const) {
      const { stdin, stderr } = terminal();
      const answer = ask({ text: "Name: ", isSecret: true }, { stdin, stderr }).catch((thrown: unknown) => thrown);
      stdin.write(key);
      expect(await answer).to.have.property("code", code);
    }
  });

  it("never asks without a terminal", async () => {
    const { stdin, stderr } = terminal();
    stdin.isTTY = false;
    const thrown = await Promise.resolve(ask({ text: "Name: ", isSecret: true }, { stdin, stderr })).catch(
      (error: unknown) => error,
    );
    expect(thrown).to.have.property("code", "E_NO_TERMINAL");
    expect(stderr.text).to.equal("");
  });
});
