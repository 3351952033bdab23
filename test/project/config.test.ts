import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type TsrunError, TsrunErrors } from "../../src/lib/errors.ts";
import { formatLocation } from "../../src/lib/source.ts";
import { type Config, loadConfig } from "../../src/project/config.ts";
import { SETTINGS, type SettingName } from "../../src/project/config-settings.ts";

describe("loadConfig", () => {
  let cwd = "";
  let home = "";

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "tsrun-config-"));
    home = join(cwd, "home");
    mkdirSync(home);
  });

  afterEach(() => rmSync(cwd, { recursive: true }));

  const put = (name: string, text: string): void => writeFileSync(join(cwd, name), text);
  const load = (env: Record<string, string> = {}): Config => loadConfig({ cwd, env: { HOME: home, ...env } });
  const messages = ({ warnings }: Config): string[] =>
    warnings.map(({ message, at, hint }) => [at && formatLocation(at), message, hint].filter(Boolean).join(" | "));
  const failure = (env?: Record<string, string>): string[] => {
    try {
      load(env);
    } catch (thrown) {
      const errors = thrown instanceof TsrunErrors ? thrown.errors : [thrown as TsrunError];
      return errors.map(({ code, message, at }) => `${code} ${at ? `${formatLocation(at)} ` : ""}${message}`);
    }
    throw new Error("expected an error");
  };

  it("prefers tsrun's variables to Ansible's to tsrun.yaml to ansible.cfg to defaults, and says which it was", () => {
    put("ansible.cfg", "[defaults]\nforks = 1\ntimeout = 1\nremote_user = a\nprivate_key_file = ~/a\n");
    put("tsrun.yaml", "forks: 2\ntimeout: 2\nremote_user: b\n");
    const { settings, origins } = load({ ANSIBLE_FORKS: "3", ANSIBLE_TIMEOUT: "3", TSRUN_FORKS: "4" });
    const seen = (["forks", "timeout", "remote_user", "private_key_file", "gathering"] as const).map(
      (name) => `${name} ${settings[name]} ${origins[name]}`,
    );
    expect(seen).to.deep.equal([
      "forks 4 $TSRUN_FORKS",
      "timeout 3 $ANSIBLE_TIMEOUT",
      "remote_user b tsrun.yaml:3",
      `private_key_file ${home}/a ansible.cfg:5`,
      "gathering implicit default",
    ]);
  });

  it("reads every setting from each of Ansible's names for it", () => {
    const written = (name: SettingName): string => {
      const { type } = SETTINGS[name];
      if (typeof type === "object") return type.choices.at(-1) as string;
      return type === "boolean" ? "yes" : type === "integer" ? "7" : name === "output" ? "json" : "x";
    };
    for (const name of Object.keys(SETTINGS) as SettingName[]) {
      for (const variable of SETTINGS[name].env) {
        const { settings, origins } = load({ [variable]: written(name) });
        expect(origins[name], variable).to.equal(`$${variable}`);
        expect(settings[name], variable).to.not.equal(undefined);
      }
      for (const key of SETTINGS[name].ini) {
        const [section, ...rest] = key.split(".");
        put("ansible.cfg", `[${section}]\n${rest.join(".")} = ${written(name)}\n`);
        expect(load().origins[name], key).to.equal("ansible.cfg:2");
      }
      rmSync(join(cwd, "ansible.cfg"), { force: true });
    }
  });

  it("reads ansible.cfg as configparser does", () => {
    put(
      "ansible.cfg",
      '; a comment\n[defaults]\nForks: 7 ; of ten\nansible_managed = "a # b"\nroles_path = ~/r:./x\n# between\n  :/y\ninventory = hosts,\n\n[ssh_connection]\nssh_args = -o ControlMaster=auto -o ControlPersist=60s\n',
    );
    const { settings, warnings } = load();
    expect(settings.forks).to.equal(7);
    expect(settings.ansible_managed).to.equal("a # b");
    expect(settings.roles_path).to.deep.equal([`${home}/r`, `${cwd}/x`, "/y"]);
    expect(settings.inventory).to.deep.equal(["hosts,"]);
    expect(settings.ssh_args).to.equal("-o ControlMaster=auto -o ControlPersist=60s");
    expect(warnings).to.deep.equal([]);
  });

  it("takes relative paths from the file that names them, those of variables from here", () => {
    mkdirSync(join(cwd, "etc"));
    put("etc/a.cfg", "[defaults]\ninventory = a.yaml,../b.yaml\nvault_password_file = $KEYS/v\n");
    const { settings, ansibleFile } = load({ ANSIBLE_CONFIG: "etc/a.cfg", ANSIBLE_ROLES_PATH: "r:/s", KEYS: "/keys" });
    expect(settings.inventory).to.deep.equal([`${cwd}/etc/a.yaml`, `${cwd}/b.yaml`]);
    expect(settings.roles_path).to.deep.equal([`${cwd}/r`, "/s"]);
    expect(settings.vault_password_file).to.equal("/keys/v");
    expect(ansibleFile).to.equal(`${cwd}/etc/a.cfg`);
  });

  it("finds ansible.cfg by ANSIBLE_CONFIG, here, at home", () => {
    put("home/.ansible.cfg", "[defaults]\nforks = 1\n");
    expect(load().settings.forks).to.equal(1);
    put("ansible.cfg", "[defaults]\nforks = 2\n");
    expect(load().settings.forks).to.equal(2);
    mkdirSync(join(cwd, "etc"));
    put("etc/ansible.cfg", "[defaults]\nforks = 3\n");
    expect(load({ ANSIBLE_CONFIG: "etc" }).settings.forks).to.equal(3);
  });

  it("gives Ansible's values their meaning here", () => {
    put(
      "ansible.cfg",
      "[defaults]\nhost_key_checking = False\nstdout_callback = ansible.posix.json\nstrategy = mitogen_linear\ntransport = smart\nfact_caching = ansible.builtin.jsonfile\n",
    );
    expect(load().settings).to.include({
      host_key_checking: "no",
      output: "json",
      strategy: "linear",
      transport: "ssh",
      fact_caching: "jsonfile",
    });
    put("ansible.cfg", "[defaults]\nstdout_callback = yaml\n");
    expect(load().settings.output).to.equal(undefined);
  });

  it("warns about keys that nobody knows and those that have no effect here, and about no others", () => {
    put(
      "ansible.cfg",
      "[defaults]\nfoks = 3\ninterpreter_python = auto\nnocows = 1\nnull_representation = x\n[ssh_connection]\npipelining = True\ncontrol_pth = x\n[callback_profile_tasks]\ntask_output_limit = 20\n",
    );
    expect(messages(load())).to.deep.equal([
      "ansible.cfg:2:1 | unknown setting `foks` in `[defaults]` | did you mean `forks`?",
      "ansible.cfg:5:1 | `null_representation` of ansible.cfg has no effect in tsrun",
      "ansible.cfg:8:1 | unknown setting `control_pth` in `[ssh_connection]` | did you mean `control_path`?",
    ]);
  });

  it("reports all wrong settings at once, each with its place", () => {
    put("tsrun.yaml", "fork: 9\nhost_key_checking: maybe\nforks: many\ntags_run: {a: 1}\nroles_path:\n");
    put("ansible.cfg", "[defaults]\ngathering = sometimes\n");
    expect(failure({ ANSIBLE_BECOME: "perhaps" })).to.deep.equal([
      "E_CONFIG_VALUE expected true or false for `$ANSIBLE_BECOME`, got `perhaps`",
      "E_CONFIG_KEY tsrun.yaml:1:1 unknown setting `fork`",
      "E_CONFIG_VALUE tsrun.yaml:2:20 expected one of `yes`, `accept-new`, `no` for `host_key_checking`",
      "E_CONFIG_VALUE tsrun.yaml:3:8 expected a whole number for `forks`",
      "E_CONFIG_VALUE tsrun.yaml:4:11 expected a list for `tags_run`",
      "E_CONFIG_VALUE tsrun.yaml:5:11 expected a list for `roles_path`",
      "E_CONFIG_VALUE ansible.cfg:2:1 expected one of `implicit`, `explicit`, `smart` for `gathering`, got `sometimes`",
    ]);
  });

  it("refuses files in a directory that everybody may write to, unless they are named", () => {
    put("ansible.cfg", "[defaults]\nforks = 2\n");
    put("tsrun.yaml", "timeout: 3\n");
    chmodSync(cwd, 0o1777);
    expect(failure()).to.deep.equal([
      `E_CONFIG_REFUSED refused \`tsrun.yaml\`: everybody may write to its directory \`${cwd}\``,
      `E_CONFIG_REFUSED refused \`ansible.cfg\`: everybody may write to its directory \`${cwd}\``,
    ]);
    const named = load({ ANSIBLE_CONFIG: "ansible.cfg", TSRUN_CONFIG: "tsrun.yaml" });
    expect([named.settings.forks, named.settings.timeout, named.warnings.length]).to.deep.equal([2, 3, 0]);
  });
});
