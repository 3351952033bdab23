import { expect } from "chai";
import { becomeCommand, becomeFailure, type BecomeSettings } from "../../src/host/become.ts";
import { loginShellCommand } from "../../src/transport/transport.ts";

const nonce = "0123456789abcdef0123456789abcdef";
const root: BecomeSettings = { method: "sudo", user: "root" };

describe("become", () => {
  it("keeps Ansible's flags except those that decide about prompts", () => {
    const { words } = becomeCommand({ ...root, password: "x", flags: ["-H", "-S", "-n", "-En"] }, "/bin/sh", nonce);
    expect(words.slice(0, 7)).to.deep.equal(["env", "LC_ALL=C", "sudo", "-H", "-E", "-u", "root"]);
    expect(words).to.include("-S").and.not.include("-n");
  });

  it("starts with one command line that every login shell reads alike", () => {
    for (const settings of [root, { ...root, password: "x" }, { method: "su", user: "bob" }] as const) {
      const line = loginShellCommand(becomeCommand(settings, "/bin/sh", nonce).words);
      expect(line).not.to.match(/[!\\\n]/);
    }
  });

  it("refuses names that could be more than a word", () => {
    for (const user of ["root;id", "$(id)", "a b", "x'y"]) {
      expect(() => becomeCommand({ ...root, user }, "/bin/sh", nonce)).to.throw(`become: \`${user}\``);
    }
  });

  for (const [said, expected] of [
    ["sudo: a password is required", "a password is needed"],
    ["sudo: 1 incorrect password attempt", "the password is wrong"],
    ["su: Authentication failure", "the password is wrong"],
    ["sudo: sorry, you must have a tty to run sudo", "sudo wants a terminal (`requiretty`)"],
    ["bob is not in the sudoers file.", "not allowed: bob is not in the sudoers file."],
    ["Sorry, user bob may not run sudo on web1.", "not allowed: Sorry, user bob may not run sudo on web1."],
    ["sudo: unknown user: nosuch", "no such user on the host"],
    [
      "su: user nosuch does not exist or the user entry does not contain all the required fields",
      "no such user on the host",
    ],
    ["env: 'sudo': No such file or directory", "`sudo` is not installed on the host"],
    ['sudo: Account expired or PAM config lacks an "account" section for sudo', "the account has expired"],
  ] as const) {
    it(`understands: ${said}`, () => {
      expect(becomeFailure(root, said)?.message).to.contain(expected);
    });
  }

  it("says nothing about words that it does not know", () => {
    expect(becomeFailure(root, "Segmentation fault")).to.equal(undefined);
  });
});
