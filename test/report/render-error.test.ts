import { expect } from "chai";
import { TsrunError, TsrunErrors } from "../../src/lib/errors.ts";
import { createPaint } from "../../src/report/colors.ts";
import { renderError } from "../../src/report/render-error.ts";
import { CONTROL_CHARACTERS } from "./control-characters.ts";

const paint = createPaint(false);
const source = { path: "roles/consul/tasks/main.yaml", text: "- systemd:\n    name: consul\n    stat: started\n" };
const start = source.text.indexOf("stat");
const at = { source, start, end: start + 4 };

function unknownArgument(hint?: string): TsrunError {
  return new TsrunError({ code: "E_UNKNOWN_ARG", message: "unknown argument `stat` for module `systemd`", at, hint });
}

describe("rendering of errors", () => {
  it("shows the line, the marks and the hint beside them", () => {
    expect(renderError(unknownArgument("did you mean `state`?"), { paint })).to.equal(
      `error: unknown argument \`stat\` for module \`systemd\`                                    E_UNKNOWN_ARG
 ──▶ roles/consul/tasks/main.yaml:3:5
  │
3 │     stat: started
  │     ^^^^  did you mean \`state\`?
`,
    );
  });

  it("gives a long hint lines of its own, to be copied", () => {
    const text = renderError(unknownArgument("run this:\nssh-keygen -R host"), { paint });
    expect(text).to.match(/\^\^\^\^\n {2}hint: run this:\n {8}ssh-keygen -R host\n$/);
  });

  it("keeps the code on the line in a narrow window", () => {
    expect(renderError(unknownArgument(), { paint, columns: 40 })).to.match(
      /^error: unknown argument `stat` for module `systemd` {2}E_UNKNOWN_ARG\n/,
    );
  });

  it("shows all errors and counts them", () => {
    const text = renderError(new TsrunErrors([unknownArgument(), new TsrunError({ code: "E_X", message: "second" })]), {
      paint,
    });
    expect(text)
      .to.contain("\n\nerror: second ")
      .and.match(/\n2 errors\n$/);
  });

  it("says that a surprise is a bug, with the stack and its causes", () => {
    const text = renderError(new TypeError("x is not a function", { cause: new Error("deeper") }), { paint });
    expect(text)
      .to.match(/^internal error: this is a bug in tsrun.*E_INTERNAL\n/)
      .and.contain("TypeError: x is not a function\n");
    expect(text).to.contain("caused by: Error: deeper").and.contain(`node ${process.version}`);
  });

  it("does not let a message drive the terminal", () => {
    expect(
      renderError(new TsrunError({ code: "E_X", message: "bad \x1b]0;x\x07", hint: "\x9b" }), { paint }),
    ).to.not.match(CONTROL_CHARACTERS);
    expect(renderError("thrown \x1b[2J text", { paint })).to.not.contain("\x1b");
  });
});
