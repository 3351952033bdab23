import { expect } from "chai";
import { createRedactor, MASK } from "../../src/report/redactor.ts";
import { createReport } from "../../src/report/report.ts";
import { CONTROL_CHARACTERS } from "./control-characters.ts";
import { EventScript } from "./event-script.ts";
import { MemoryStream } from "./memory-stream.ts";

describe("JSON report", () => {
  it("writes each event as a line of valid JSON without secrets and without control characters", async () => {
    const secret = 'se"cr\n\\et-value';
    const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
    const redactor = createRedactor([secret]);
    const report = await createReport("json", { stdout, stderr, verbosity: 0, hasColor: false, redactor });
    const script = new EventScript().play("P", ["a"]).task("t");
    script.host("a", "ok", { result: { stdout: "bytes \udcff \x9b \x1b[0m", secret, n: 1 } }).end({ a: { ok: 1 } });
    for (const event of script.events) report.onEvent(event);
    await report.close();
    const lines = stdout.text.trimEnd().split("\n");
    expect(lines).to.have.length(script.events.length);
    expect(stdout.text).not.to.match(CONTROL_CHARACTERS);
    const result = JSON.parse(lines[2] ?? "") as { result: unknown };
    expect(result.result).to.deep.equal({ changed: false, stdout: "bytes \udcff \x9b \x1b[0m", secret: MASK, n: 1 });
    expect(stderr.text).to.equal("");
  });
});
