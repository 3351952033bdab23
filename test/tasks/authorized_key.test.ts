import { spawn } from "node:child_process";
import { expect } from "chai";
import { editAuthorizedKeys, parseAuthorizedKey } from "../../src/plan/edit-authorized-keys.ts";
import { file } from "../../src/state/file.ts";
import { fileContent } from "../../src/state/file-content.ts";
import { urlContent } from "../../src/state/url-content.ts";
import { user } from "../../src/state/user.ts";
import authorized_key from "../../tasks/authorized_key.ts";
import { startHttpServer } from "./http-server.ts";
import { type Fixture, planModule } from "./plan-module.ts";

const one = "ssh-ed25519 AAAAC3Nz1 anna@laptop";
const two = "ssh-rsa AAAAB3Nz2==";
const keyOf = (line: string) => parseAuthorizedKey(line) as NonNullable<ReturnType<typeof parseAuthorizedKey>>;

describe("authorized keys", () => {
  it("are taken apart as sshd does", () => {
    expect(parseAuthorizedKey(one)).to.deep.equal({
      options: "",
      type: "ssh-ed25519",
      data: "AAAAC3Nz1",
      comment: "anna@laptop",
    });
    expect(parseAuthorizedKey(`from="a b",command="echo \\"x\\"" ${two} my own key`)).to.deep.equal({
      options: 'from="a b",command="echo \\"x\\""',
      type: "ssh-rsa",
      data: "AAAAB3Nz2==",
      comment: "my own key",
    });
    for (const line of ["", "# x", "ssh-rsa", "ssh-rsa $(id)", "nonsense AAAA"])
      expect(parseAuthorizedKey(line)).to.equal(undefined);
  });

  const cases: readonly [string, string, Partial<Parameters<typeof editAuthorizedKeys>[1]>, string][] = [
    ["are added", `# c\n${two}\n`, {}, `# c\n${two}\n${one}\n`],
    ["stay as they are", `${one}\n${two}`, {}, `${one}\n${two}\n`],
    ["are replaced when options or comment differ", `no-pty ssh-ed25519 AAAAC3Nz1 old\n`, {}, `${one}\n`],
    ["stand once", `${one}\n${one}\n`, {}, `${one}\n`],
    ["are alone with exclusive", `# c\n${two}\n${one}\nnonsense\n`, { isExclusive: true }, `# c\n${one}\n`],
    ["are removed", `${two}\nno-pty ${one}\n`, { isPresent: false }, `${two}\n`],
  ];
  for (const [name, before, wish, after] of cases) {
    it(name, () => {
      const whole = { keys: [keyOf(one)], isPresent: true, isExclusive: false, ...wish };
      expect(editAuthorizedKeys(before, whole)).to.equal(after);
      expect(editAuthorizedKeys(after, whole)).to.equal(after);
    });
  }
});

describe("module: authorized_key", () => {
  const account = [user("anna"), { name: "anna", uid: 1500, gid: 1500, home: "/home/anna" }] as const;
  const path = "/home/anna/.ssh/authorized_keys";
  const directory = [file("/home/anna/.ssh"), { type: "directory", mode: 0o700, uid: 1500, gid: 1500 }] as const;
  const existing = (text: string): NonNullable<Fixture["host"]> => [
    [file(path), { type: "file", mode: 0o600, uid: 1500, gid: 1500, size: text.length }],
    [fileContent(path), { size: text.length, text }],
  ];
  const plan = (raw: Record<string, unknown>, ...host: NonNullable<Fixture["host"]>) =>
    planModule(authorized_key, { user: "anna", key: one, ...raw }, { host: [account, ...host] });
  const failure = (promise: Promise<unknown>) => promise.then(() => "no failure", String);

  it("makes directory and file for the account", async () => {
    const { scripts, changes, result } = await plan({});
    expect(scripts).to.deep.equal([
      "mkdir -m 700 -- /home/anna/.ssh && chown -h -- 1500:1500 /home/anna/.ssh",
      `write ${path}`,
    ]);
    const step = changes[1]?.steps[0];
    expect(step?.type === "write" && step.file).to.include({ mode: "0600", owner: "1500", group: "1500" });
    expect(step?.type === "write" && Buffer.from(step.file.content as Uint8Array).toString()).to.equal(`${one}\n`);
    expect(result).to.include({ user: "anna", state: "present", keyfile: path, key: one });
  });

  it("leaves what is as wanted", async () => {
    expect((await plan({}, directory, ...existing(`${one}\n`))).changes).to.deep.equal([]);
    expect((await plan({ state: "absent" }, directory, ...existing(`${two}\n`))).changes).to.deep.equal([]);
    expect((await plan({ state: "absent" })).changes).to.deep.equal([]);
    expect((await plan({ key: "", exclusive: true })).changes, "no keys at all").to.deep.equal([]);
  });

  it("takes options, comments and several keys", async () => {
    const { changes } = await plan(
      { key: `${one}\n# x\n${two}\n`, key_options: "no-pty", comment: "both" },
      directory,
      ...existing(""),
    );
    const step = changes[0]?.steps[0];
    expect(step?.type === "write" && Buffer.from(step.file.content as Uint8Array).toString()).to.equal(
      "no-pty ssh-ed25519 AAAAC3Nz1 both\nno-pty ssh-rsa AAAAB3Nz2== both\n",
    );
  });

  it("refuses links, unknown accounts and what is no key", async () => {
    expect(await failure(plan({}, directory, [file(path), { type: "link" }]))).to.include("is no regular file");
    expect(await failure(planModule(authorized_key, { user: "nobody", key: one }))).to.include(
      "Failed to lookup user nobody",
    );
    expect(await failure(plan({ key: "nonsense" }))).to.include("invalid key specified: nonsense");
    expect(await failure(plan({ key: 'https://x/"y' }))).to.include("is no address");
  });

  it("takes keys that the host fetches", async () => {
    const key = "https://x/y.keys";
    const fetched = [urlContent({ url: key, validatesCertificates: false }), { text: `${one}\n${two}` }] as const;
    const { changes } = await plan({ key, validate_certs: false }, directory, fetched);
    expect(changes.find(({ query }) => query.id === fileContent(path).id)?.after).to.deep.include({
      text: `${one}\n${two}\n`,
    });
  });

  it("fetches with what the host has, and fails when it cannot", async () => {
    const server = await startHttpServer();
    const { kind, key } = urlContent({ url: `${server.url}/text`, validatesCertificates: true });
    const run = async (keys: unknown[]) => {
      const child = spawn("sh", ["-c", kind.script(keys).text]);
      const [chunks, rc] = await Promise.all([child.stdout.toArray(), new Promise((done) => child.on("close", done))]);
      return { rc: rc as number, stdout: Buffer.concat(chunks as Buffer[]), stderr: Buffer.from("") };
    };
    const texts = kind.parse(await run([key]), [key]);
    expect(texts).to.deep.equal([{ text: "hello\nwörld" }]);
    const missing = [{ url: `${server.url}/missing`, validatesCertificates: true }];
    expect(kind.parse(await run(missing), missing)[0])
      .to.have.property("complaint")
      .that.includes("404");
    await server.close();
  });

  it("edits what a link leads to when it may", async () => {
    const link = {
      type: "link",
      uid: 0,
      realPath: "/srv/keys",
      followed: { type: "file", uid: 0, size: 0, mode: 0o600 },
    };
    const host = [
      [file(path), link],
      [file("/srv/keys"), link.followed],
      [fileContent("/srv/keys"), { text: "", size: 0 }],
    ] as const;
    const { scripts } = await plan({ follow: true, manage_dir: false }, ...host);
    expect(scripts).to.deep.equal(["write /srv/keys"]);
  });
});
