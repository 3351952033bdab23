import { expect } from "chai";
import { iptablesChain, iptablesRule } from "../../src/state/iptables.ts";
import { program } from "../../src/state/program.ts";
import iptables from "../../tasks/iptables.ts";
import { planModule } from "./plan-module.ts";

describe("module: iptables", () => {
  const place = { program: "iptables", table: "filter", chain: "INPUT" } as const;
  const tool = [program("iptables"), "/usr/sbin/iptables"] as const;
  const chain = [iptablesChain(place), { policy: "ACCEPT" }] as const;
  const plan = (raw: Record<string, unknown>, ...host: readonly (readonly [ReturnType<typeof program>, unknown])[]) =>
    planModule(iptables, raw, { host: [tool, chain, ...(host as never[])] });
  const failure = (raw: Record<string, unknown>) => plan(raw).then(() => "no failure", String);

  const cases: readonly [string, Record<string, unknown>, string][] = [
    [
      "a port for new connections",
      { protocol: "tcp", destination_port: 22, ctstate: ["NEW", "RELATED"], syn: "match", jump: "ACCEPT" },
      "-p tcp -j ACCEPT --destination-port 22 --syn -m conntrack --ctstate NEW,RELATED",
    ],
    [
      "negations and a comment that is one word",
      { source: "!10.0.0.0/8", in_interface: "! lo", syn: "negate", protocol: "tcp", comment: "it's mine; $(x)" },
      `-p tcp '!' -s 10.0.0.0/8 '!' -i lo '!' --syn -m comment --comment 'it'\\''s mine; $(x)'`,
    ],
    [
      "several ports and the old state match",
      { match: "state", ctstate: "NEW", destination_ports: [80, "8000:8100"], protocol: "tcp", jump: "DROP" },
      "-p tcp -m state -j DROP -m multiport --dports 80,8000:8100 --state NEW",
    ],
    [
      "a log",
      { log_prefix: "in: ", log_level: "info", limit: "3/minute" },
      "-j LOG --log-prefix 'in: ' --log-level info -m limit --limit 3/minute",
    ],
    ["a refusal", { reject_with: "tcp-reset", protocol: "tcp" }, "-p tcp -j REJECT --reject-with tcp-reset"],
    [
      "addresses, sets and owners",
      { src_range: "10.0.0.1-10.0.0.9", match_set: "bad", match_set_flags: "src", uid_owner: "anna", jump: "DROP" },
      "-j DROP -m iprange --src-range 10.0.0.1-10.0.0.9 -m set --match-set bad src -m owner --uid-owner anna",
    ],
    [
      "flags",
      { protocol: "tcp", tcp_flags: { flags: "ALL", flags_set: ["ACK", "SYN"] }, jump: "DROP" },
      "-p tcp --tcp-flags ALL ACK,SYN -j DROP",
    ],
  ];
  for (const [name, raw, rule] of cases) {
    it(`writes ${name}`, async () => {
      const { scripts, again } = await plan({ chain: "INPUT", ...raw });
      expect(scripts).to.deep.equal([`iptables -t filter -A INPUT ${rule}`]);
      expect(again()).to.deep.equal([]);
    });
  }

  it("inserts, and waits for others", async () => {
    const { scripts, result } = await plan({ chain: "INPUT", action: "insert", rule_num: 3, jump: "DROP", wait: 5 });
    expect(scripts).to.deep.equal(["iptables -w 5 -t filter -I INPUT 3 -j DROP"]);
    expect(result).to.include({ rule: "-w 5 -j DROP", table: "filter", chain: "INPUT", ip_version: "ipv4" });
  });

  it("leaves a rule that is there, and takes it away", async () => {
    const there = [iptablesRule({ ...place, rule: ["-j", "DROP"] }), true] as const;
    const raw = { chain: "INPUT", jump: "DROP" };
    expect((await plan(raw, there as never)).changes).to.deep.equal([]);
    const gone = await plan({ ...raw, state: "absent" }, there as never);
    expect(gone.scripts).to.deep.equal(["iptables -t filter -D INPUT -j DROP"]);
    expect(gone.again()).to.deep.equal([]);
  });

  it("sets a policy once", async () => {
    const set = await plan({ chain: "INPUT", policy: "DROP" });
    expect([set.scripts, set.again()]).to.deep.equal([["iptables -t filter -P INPUT DROP"], []]);
    expect((await plan({ chain: "INPUT", policy: "ACCEPT" })).changes).to.deep.equal([]);
  });

  it("makes and removes chains where it may", async () => {
    const made = await plan({ chain: "WEB", chain_management: true, jump: "DROP" });
    expect(made.scripts).to.deep.equal(["iptables -t filter -N WEB", "iptables -t filter -A WEB -j DROP"]);
    expect((await plan({ chain: "WEB", chain_management: true })).scripts).to.deep.equal(["iptables -t filter -N WEB"]);
    const web = [iptablesChain({ ...place, chain: "WEB" }), { policy: undefined }] as const;
    const gone = await plan({ chain: "WEB", state: "absent", chain_management: true }, web as never);
    expect([gone.scripts, gone.again()]).to.deep.equal([["iptables -t filter -X WEB"], []]);
    const left = await plan({ chain: "WEB", state: "absent" }, web as never);
    expect([left.changes, left.plan.warnings?.length]).to.deep.equal([[], 1]);
    expect(await failure({ chain: "WEB", jump: "DROP" })).to.include("has no chain `WEB`");
  });

  it("flushes each time", async () => {
    const { scripts, again } = await plan({ flush: true, table: "nat" });
    expect([scripts, again()]).to.deep.equal([["iptables -t nat -F"], []]);
  });

  it("refuses what makes no sense, and a host without iptables", async () => {
    expect(await failure({ jump: "DROP" })).to.include("Either chain or flush");
    expect(await failure({ chain: "INPUT", jump: "DROP", log_prefix: "x" })).to.include("LOG jump target");
    expect(await failure({ chain: "INPUT", jump: "tee" })).to.include("missing: gateway");
    expect(await failure({ chain: "INPUT", flush: true, policy: "DROP" })).to.include("flush|policy");
    expect(await planModule(iptables, { chain: "INPUT" }).then(() => "no failure", String)).to.include(
      "package `iptables`",
    );
  });
});
