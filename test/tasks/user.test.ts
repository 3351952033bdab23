import { expect } from "chai";
import { group } from "../../src/state/group.ts";
import { sshKey } from "../../src/state/ssh-key.ts";
import { localUser, user } from "../../src/state/user.ts";
import moduleUser from "../../tasks/user.ts";
import { planModule } from "./plan-module.ts";

const shadow = { password: "!", minDays: 0, maxDays: 99999, warnDays: 7, inactiveDays: -1, expires: -1 };
const anna = {
  name: "anna",
  uid: 1500,
  gid: 1500,
  comment: "",
  home: "/home/anna",
  shell: "/bin/sh",
  groups: ["audio"],
  hasHome: true,
  shadow,
};
const sudo = [group("sudo"), { name: "sudo", gid: 27, members: [] }] as const;
const audio = [group("audio"), { name: "audio", gid: 29, members: ["anna"] }] as const;
const existing = [user("anna"), anna] as const;
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
const plan = (
  raw: Record<string, unknown>,
  ...host: (readonly [ReturnType<typeof user | typeof group | typeof sshKey>, unknown])[]
) => planModule(moduleUser, { name: "anna", ...raw }, { host });

describe("module: user", () => {
  it("makes an account with all that is asked, its password on stdin alone", async () => {
    const { changes, scripts, result } = await plan(
      {
        uid: "1500",
        group: "27",
        groups: "audio,sudo",
        comment: "Anna $(id)",
        home: "/srv/x/anna",
        shell: "/bin/sh",
        password: "$6$aa$bb",
        expires: 2000000000,
        skeleton: "/etc/sk",
      },
      [group("27"), { name: "sudo", gid: 27, members: [] }],
      sudo,
      audio,
    );
    expect(scripts).to.deep.equal([
      "mkdir -p -- /srv/x || exit\n" +
        "useradd -u 1500 -g sudo -G audio,sudo -c 'Anna $(id)' -d /srv/x/anna -s /bin/sh -e 2033-05-18 -m -k /etc/sk -- anna </dev/null || exit\n" +
        "chpasswd -e || exit",
    ]);
    const step = changes[0]?.steps[0];
    expect(step?.type === "command" && textOf(step.command.stdin)).to.equal("anna:$6$aa$bb\n");
    expect(scripts.join()).to.not.include("$6$aa");
    expect(changes[0]).to.deep.include({ action: "create" });
    expect(result).to.include({
      name: "anna",
      state: "present",
      uid: 1500,
      system: false,
      password: "NOT_LOGGING_PASSWORD",
      groups: "audio,sudo",
    });
  });

  it("does not make a group that is there already", async () => {
    const { scripts } = await plan({ system: true, create_home: false }, [
      group("anna"),
      { name: "anna", gid: 5, members: [] },
    ]);
    expect(scripts).to.deep.equal(["useradd -N -M -r -- anna </dev/null || exit"]);
  });

  it("leaves an account alone that is as wanted", async () => {
    const { changes, result } = await plan(
      { uid: 1500, groups: ["audio"], shell: "/bin/sh", password: "!", comment: "", password_lock: true },
      existing,
      audio,
    );
    expect(changes).to.deep.equal([]);
    expect(result).to.include({ append: false, move_home: false, home: "/home/anna", group: 1500 });
  });

  it("changes only what differs, and predicts it", async () => {
    const { scripts, changes } = await plan(
      {
        comment: "A",
        shell: "/bin/bash",
        group: "sudo",
        uid: 1501,
        non_unique: true,
        home: "/srv/anna",
        move_home: true,
      },
      existing,
      sudo,
    );
    expect(scripts).to.deep.equal(["usermod -u 1501 -o -g 27 -c A -d /srv/anna -m -s /bin/bash -- anna"]);
    expect(changes[0]?.after).to.deep.equal({
      uid: 1501,
      gid: 27,
      comment: "A",
      home: "/srv/anna",
      shell: "/bin/bash",
    });
  });

  const memberships: readonly [string, Record<string, unknown>, readonly string[], readonly string[] | undefined][] = [
    ["adds with append", { groups: "sudo", append: true }, ["usermod -a -G sudo -- anna"], ["audio", "sudo"]],
    ["sets without append", { groups: "sudo" }, ["usermod -G sudo -- anna"], ["sudo"]],
    ["leaves all for an empty list", { groups: [] }, ["usermod -G '' -- anna"], []],
    ["is content with one of them", { groups: "audio", append: true }, [], undefined],
  ];
  for (const [name, raw, expected, after] of memberships) {
    it(`${name} (groups)`, async () => {
      const { scripts, changes } = await plan(raw, existing, sudo, audio);
      expect(scripts).to.deep.equal(expected);
      expect((changes[0]?.after as { groups?: string[] } | undefined)?.groups).to.deep.equal(after);
    });
  }

  const passwords: readonly [string, Record<string, unknown>, string, string | undefined][] = [
    ["sets a new hash", { password: "$6$n$n" }, "!", "anna:$6$n$n\n"],
    ["locks a new hash", { password: "$6$n$n", password_lock: true }, "$6$o$o", "anna:!$6$n$n\n"],
    [
      "does not touch a set hash with on_create",
      { password: "$6$n$n", update_password: "on_create" },
      "$6$o$o",
      undefined,
    ],
    ["does not unlock for an equal hash", { password: "$6$o$o" }, "!$6$o$o", undefined],
    ["locks", { password_lock: true }, "$6$o$o", "anna:!$6$o$o\n"],
    ["unlocks", { password_lock: false }, "!$6$o$o", "anna:$6$o$o\n"],
    ["has nothing to unlock without a hash", { password_lock: false }, "!", undefined],
  ];
  for (const [name, raw, before, stdin] of passwords) {
    it(`${name} (password)`, async () => {
      const { changes } = await plan(raw, [user("anna"), { ...anna, shadow: { ...shadow, password: before } }]);
      const steps = changes.flatMap((change) => change.steps);
      expect(steps.map((step) => step.type === "command" && textOf(step.command.stdin))).to.deep.equal(
        stdin ? [stdin] : [],
      );
    });
  }

  it("sets expiry in days and password aging", async () => {
    const { scripts, changes } = await plan(
      { expires: 86400 * 100 + 5, password_expire_max: 90, password_expire_min: 0 },
      existing,
    );
    expect(scripts).to.deep.equal(["usermod -e 1970-04-11 -- anna", "chage -M 90 -- anna"]);
    expect(changes[0]?.after).to.deep.equal({ shadow: { ...shadow, expires: 100, maxDays: 90 } });
    const again = await plan({ expires: -1 }, existing);
    expect(again.changes).to.deep.equal([]);
  });

  it("disables accounts some days after their passwords expired", async () => {
    const { scripts, again } = await plan({ password_expire_account_disable: 15 }, existing);
    expect(scripts).to.deep.equal(["chage -I 15 -- anna"]);
    expect(again()).to.deep.equal([]);
    expect((await plan({ password_expire_account_disable: -1 }, existing)).changes).to.deep.equal([]);
  });

  it("looks at the host's own files alone when told so", async () => {
    const { scripts } = await planModule(moduleUser, { name: "anna", local: true }, { host: [existing] });
    expect(scripts).to.deep.equal(["useradd -m -- anna </dev/null || exit"]);
    const own = { host: [[localUser("anna"), anna] as const] };
    const { changes } = await planModule(moduleUser, { name: "anna", local: true, shell: "/bin/zsh" }, own);
    expect(changes.map(({ query }) => query.id)).to.deep.equal([localUser("anna").id]);
    const refused = plan({ local: true, umask: "077" }).then(() => "no failure", String);
    expect(await refused).to.include("'umask' can not be used with 'local'");
  });

  it("takes new ids from a range, and passes over what other systems have", async () => {
    const { scripts } = await plan({ uid_min: 2000, uid_max: 2999, seuser: "user_u", create_home: false, role: "x" });
    expect(scripts).to.deep.equal(["useradd -M -K UID_MIN=2000 -K UID_MAX=2999 -Z user_u -- anna </dev/null || exit"]);
  });

  it("makes a missing home", async () => {
    const { scripts, changes } = await plan({ umask: "077" }, [user("anna"), { ...anna, hasHome: false }]);
    expect(scripts[0]).to.include("cp -RP -- /etc/skel /home/anna").and.to.include("chmod 700 -- /home/anna");
    expect(changes[0]?.after).to.deep.equal({ hasHome: true });
    expect((await plan({ create_home: false }, [user("anna"), { ...anna, hasHome: false }])).changes).to.deep.equal([]);
  });

  it("makes a key once, and anew each time with force", async () => {
    const key = {
      hasPrivate: true,
      publicKey: "ssh-ed25519 AAAA",
      derivedKey: "ssh-ed25519 AAAA",
      fingerprint: "256 SHA256:x",
    };
    const path = sshKey("/home/anna/.ssh/id_ed25519");
    const raw = { generate_ssh_key: true, ssh_key_type: "ed25519", ssh_key_passphrase: "hunter22" };
    const made = await plan(raw, existing);
    expect(made.changes.map((change) => [change.query.id, change.isEvent])).to.deep.equal([[path.id, false]]);
    expect(made.scripts.join()).to.not.include("hunter22");
    const kept = await plan(raw, existing, [path, key]);
    expect(kept.changes).to.deep.equal([]);
    expect(kept.result).to.include({ ssh_key_file: "/home/anna/.ssh/id_ed25519", ssh_public_key: "ssh-ed25519 AAAA" });
    const forced = await plan({ ...raw, force: true }, existing, [path, key]);
    expect(forced.changes.map((change) => change.isEvent)).to.deep.equal([true]);
  });

  it("removes", async () => {
    const { scripts, changes } = await plan({ state: "absent", remove: true, force: true }, existing);
    expect(scripts).to.deep.equal(["userdel -f -r -- anna"]);
    expect(changes[0]?.action).to.equal("remove");
    expect((await plan({ state: "absent" })).changes).to.deep.equal([]);
  });

  it("removes the group that is the account's own with it, as userdel does", async () => {
    const removed = async (gid: number, members: string[]) => {
      const own = [group("anna"), { name: "anna", gid, members }] as const;
      return (await plan({ state: "absent" }, existing, own)).changes.map(({ query }) => query.kind.name);
    };
    expect(await removed(1500, [])).to.deep.equal(["user", "group"]);
    expect(await removed(1500, ["bert"])).to.deep.equal(["user"]);
    expect(await removed(1600, [])).to.deep.equal(["user"]);
  });

  const refused: readonly [Record<string, unknown>, string][] = [
    [{ name: "-x" }, "is no name for an account"],
    [{ name: "a:b" }, "is no name for an account"],
    [{ name: "a\nb" }, "is no name for an account"],
    [{ groups: "none" }, "Group none does not exist"],
    [{ password: "a:b" }, "colon"],
  ];
  for (const [raw, message] of refused) {
    it(`refuses ${JSON.stringify(raw)}`, async () => {
      const error = await plan(raw).catch((thrown: unknown) => thrown);
      expect(error).to.be.an("error").with.property("message").that.includes(message);
    });
  }

  it("asks for root where the shadow database is needed and not readable", async () => {
    const error = await plan({ password: "$6$n$n" }, [user("anna"), { ...anna, shadow: undefined }]).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.an("error").with.property("message").that.includes("become: true");
  });
});
