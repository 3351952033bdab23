import { expect } from "chai";
import { program } from "../../src/state/program.ts";
import { ufwRuleDifference, type UfwState, ufwState } from "../../src/state/ufw.ts";
import ufw from "../../tasks/ufw.ts";
import { planModule } from "./plan-module.ts";

const settings: UfwState = {
  isActive: false,
  isEnabled: false,
  logLevel: "low",
  policies: { incoming: "deny", outgoing: "allow", routed: "deny" },
  status: "Status: inactive",
  numbered: [
    { number: 1, isIpv6: false },
    { number: 2, isIpv6: true },
  ],
};

describe("module: ufw", () => {
  const plan = (raw: Record<string, unknown>, words?: readonly string[]) =>
    planModule(ufw, raw, {
      host: [
        [program("ufw"), "/usr/sbin/ufw"],
        [ufwState(null), settings],
        ...(words ? ([[ufwRuleDifference(words), true]] as const) : []),
      ],
    });
  const failure = (raw: Record<string, unknown>) => plan(raw).then(() => "no failure", String);

  it("adds a rule where ufw would alter its rules", async () => {
    const words = ["allow", "from", "10.0.0.0/8", "to", "any", "port", "22", "proto", "tcp", "comment", "it's me"];
    const raw = { rule: "allow", src: "10.0.0.0/8", port: 22, proto: "tcp", comment: "it's me" };
    const { scripts, again, result } = await plan(raw, words);
    expect(scripts).to.deep.equal(["ufw allow from 10.0.0.0/8 to any port 22 proto tcp comment 'it'\\''s me'"]);
    expect(again()).to.deep.equal([]);
    expect(result).to.deep.include({ commands: scripts, msg: "Status: inactive" });
    expect((await plan(raw)).changes).to.deep.equal([]);
  });

  it("deletes, passes on, and inserts", async () => {
    const route = ["route", "deny", "in", "on", "eth0", "out", "on", "eth1", "log", "from", "any", "to", "any"];
    const routed = { rule: "deny", route: true, interface_in: "eth0", interface_out: "eth1", log: true };
    expect((await plan(routed, route)).scripts).to.deep.equal([`ufw ${route.join(" ")}`]);
    const gone = ["delete", "allow", "in", "on", "eth0", "from", "any", "to", "any", "app", "OpenSSH"];
    const raw = { rule: "allow", delete: true, insert: 1, direction: "in", interface: "eth0", name: "OpenSSH" };
    const { scripts, changes } = await plan(raw, gone);
    expect(scripts).to.deep.equal([`ufw ${gone.join(" ")}`]);
    expect(changes[0]?.diff).to.have.property("after", "");
    const words = ["insert", "2", "deny", "from", "any", "to", "any"];
    const inserted = { rule: "deny", insert: 0, insert_relative_to: "first-ipv6" };
    expect((await plan(inserted, words)).scripts).to.deep.equal(["ufw insert 2 deny from any to any"]);
    const last = { rule: "deny", insert: 5, insert_relative_to: "last-ipv4" };
    expect((await plan(last, ["deny", "from", "any", "to", "any"])).scripts).to.have.length(1);
  });

  it("brings settings to what is wanted, and says nothing where they are", async () => {
    const { scripts, again } = await plan({
      state: "enabled",
      policy: "reject",
      direction: "outgoing",
      logging: "full",
    });
    expect(scripts).to.deep.equal(["ufw --force enable", "ufw default reject outgoing", "ufw logging full"]);
    expect(again()).to.deep.equal([]);
    expect((await plan({ state: "disabled", policy: "deny", logging: "on" })).changes).to.deep.equal([]);
    const reset = await plan({ state: "reset" });
    expect([reset.scripts, reset.again()]).to.deep.equal([["ufw --force reset"], []]);
  });

  it("refuses what makes no sense", async () => {
    expect(await failure({})).to.include("one of the following is required");
    expect(await failure({ rule: "allow", interface: "eth0" })).to.include("required by 'interface'");
    expect(await failure({ rule: "allow", direction: "routed" })).to.include('"in" and "out"');
    expect(await failure({ default: "deny", direction: "in" })).to.include("For default");
    expect(await failure({ rule: "allow", interface_in: "a", interface_out: "b" })).to.include("Only route rules");
    expect(await planModule(ufw, { state: "enabled" }).then(() => "", String)).to.include("package `ufw`");
  });

  it("reads settings and rules as Debian 12's ufw 0.36.2 prints them", () => {
    const parse = <T>(
      query: { kind: { parse: (output: never, keys: readonly unknown[]) => readonly unknown[] }; key: unknown },
      text: string,
    ) => query.kind.parse({ rc: 0, stdout: Buffer.from(text), stderr: Buffer.from("") } as never, [query.key])[0] as T;
    const files =
      'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\nDEFAULT_FORWARD_POLICY="REJECT"\nENABLED=yes\nLOGLEVEL=medium\n';
    const numbered =
      "Status: active\n\n[ 1] 22/tcp   ALLOW IN    Anywhere\n[12] 22/tcp (v6)   ALLOW IN    Anywhere (v6)\n";
    expect(parse(ufwState(null), `Status: active\nLogging: on (medium)\0${numbered}\0${files}`)).to.deep.equal({
      isActive: true,
      isEnabled: true,
      logLevel: "medium",
      policies: { incoming: "deny", outgoing: "allow", routed: "reject" },
      status: "Status: active\nLogging: on (medium)",
      numbered: [
        { number: 1, isIpv6: false },
        { number: 12, isIpv6: true },
      ],
    });
    expect(parse(ufwState(null), "")).to.equal(undefined);
    const tuple = (port: number) => `### tuple ### allow tcp ${port} 0.0.0.0/0 any 0.0.0.0/0 in\n`;
    const rules = `*filter\n:ufw-user-input - [0:0]\n${tuple(22)}\0*filter\n:ufw6-user-input - [0:0]\n\0`;
    const outcome = (text: string) => parse(ufwRuleDifference(["allow", "22"]), `${rules}${text}\0`);
    expect(outcome("Skipping adding existing rule\nSkipping adding existing rule (v6)\n")).to.equal(false);
    expect(outcome(`*filter\n:ufw-user-input - [0:0]\n${tuple(22)}COMMIT\nRules updated\n`)).to.equal(false);
    expect(outcome(`*filter\n:ufw-user-input - [0:0]\n${tuple(22)}${tuple(23)}COMMIT\n`)).to.equal(true);
    expect(outcome(`*filter\n:ufw6-user-input - [0:0]\n${tuple(22)}COMMIT\n`)).to.equal(true);
  });
});
