import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { CliContext } from "../../src/cli/command.ts";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { playbookCommand } from "../../src/cli/playbook.ts";
import { runOptions } from "../../src/cli/run-options.ts";
import type { RunOptions } from "../../src/project/options.ts";
import { MemoryStream } from "../report/memory-stream.ts";

describe("run options", () => {
  let cwd = "";

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "tsrun-options-"));
  });

  afterEach(() => rmSync(cwd, { recursive: true }));

  async function optionsOf(argv: readonly string[], env: Record<string, string> = {}): Promise<RunOptions> {
    const command = { ...playbookCommand, name: "playbook", summary: "" };
    const args = await parseArguments(command, ["site.yaml", ...argv]);
    const stdin = Object.assign(Object.create(process.stdin) as NodeJS.ReadStream, { isTTY: false });
    const context: CliContext = { argv, cwd, env, stdin, stdout: new MemoryStream(), stderr: new MemoryStream() };
    return runOptions(args, context);
  }

  const cfg = `[defaults]
inventory = hosts.ini
forks = 7
remote_user = deploy
remote_port = 2222
private_key_file = keys/id
timeout = 4
host_key_checking = False
vault_password_file = vault-pass
vault_identity_list = dev@dev-pass
force_handlers = yes
transport = paramiko
[privilege_escalation]
become = True
become_user = admin
become_method = su
[ssh_connection]
ssh_args = -o ControlMaster=auto
ssh_common_args = -J jump
[tags]
run = a,b
skip = slow
[diff]
always = True
`;

  it("are the configuration's where the command line says nothing", async () => {
    writeFileSync(join(cwd, "ansible.cfg"), cfg);
    const options = await optionsOf([]);
    expect(options).to.deep.include({
      inventory: [join(cwd, "hosts.ini")],
      forks: 7,
      forceHandlers: true,
      wantsDiff: true,
      tags: ["a", "b"],
      skipTags: ["slow"],
      become: { isOn: true, user: "admin", method: "su", password: undefined },
    });
    expect(options.connection).to.deep.include({
      type: "ssh",
      user: "deploy",
      port: 2222,
      privateKeyFile: join(cwd, "keys/id"),
      timeoutSeconds: 4,
      sshArgs: "-o ControlMaster=auto",
      sshCommonArgs: "-J jump",
      hostKeyChecking: "no",
    });
    expect(options.vault).to.deep.include({ ids: ["dev@dev-pass"], passwordFiles: [join(cwd, "vault-pass")] });
    expect(options.ansibleConfigFile).to.equal(join(cwd, "ansible.cfg"));
  });

  it("are the command line's where it says something; vault passwords count together", async () => {
    writeFileSync(join(cwd, "ansible.cfg"), cfg);
    const options = await optionsOf(
      [
        "-i",
        "other,",
        "-f",
        "3",
        "-u",
        "root",
        "--host-key-checking",
        "accept-new",
        "-t",
        "x",
        "--become-user",
        "db",
      ].concat(["--vault-id", "prod@prod-pass", "--vault-password-file", "mine", "-c", "local", "-T", "9"]),
    );
    expect(options).to.deep.include({ inventory: ["other,"], forks: 3, tags: ["x"] });
    expect(options.connection).to.include({
      type: "local",
      user: "root",
      timeoutSeconds: 9,
      hostKeyChecking: "accept-new",
    });
    expect(options.become.user).to.equal("db");
    expect(options.vault.ids).to.deep.equal(["dev@dev-pass", "prod@prod-pass"]);
    expect(options.vault.passwordFiles).to.deep.equal(["mine", join(cwd, "vault-pass")]);
  });

  it("ask for passwords when the configuration wants it", async () => {
    const error: unknown = await optionsOf([], { ANSIBLE_BECOME_ASK_PASS: "yes" }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property("code", "E_NO_TERMINAL");
  });
});
