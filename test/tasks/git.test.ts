import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { remoteVersion } from "../../src/state/git.ts";
import git from "../../tasks/git.ts";
import { planModule } from "./plan-module.ts";
import { runLocally } from "./run-locally.ts";

describe("versions of a remote repository", () => {
  it("are branches, tags and the default branch", () => {
    const stdout = Buffer.from(
      [
        "ref: refs/heads/main\tHEAD",
        "a1\tHEAD",
        "a1\trefs/heads/main",
        "b2\trefs/heads/both",
        "c3\trefs/tags/both",
        "d4\trefs/tags/v1",
        "e5\trefs/tags/v1^{}",
        "",
      ].join("\n"),
    );
    const find = (version: string) => {
      const query = remoteVersion({ repo: "r", version, ssh: "" });
      return query.kind.parse({ rc: 0, stdout, stderr: Buffer.from("") }, [query.key])[0];
    };
    expect(find("HEAD")).to.deep.equal({ type: "branch", name: "main", commit: "a1" });
    expect(find("both")).to.deep.equal({ type: "branch", name: "both", commit: "b2" });
    expect(find("v1")).to.deep.equal({ type: "tag", name: "v1", commit: "e5" });
    expect(find("none")).to.equal(undefined);
  });
});

describe("module: git", () => {
  let root: string;
  let repo: string;
  const at = (...names: string[]) => join(root, ...names);
  const run = (directory: string, ...words: string[]) =>
    execFileSync("git", ["-C", directory, "-c", "user.name=a", "-c", "user.email=a@b", ...words], { stdio: "pipe" })
      .toString()
      .trim();
  const commit = (text: string) => {
    writeFileSync(join(repo, "f"), text);
    run(repo, "add", "f");
    run(repo, "commit", "-q", "-m", text);
    return run(repo, "rev-parse", "HEAD");
  };
  const content = (dest: string) => readFileSync(at(dest, "f"), "utf8");
  const failure = (promise: Promise<unknown>) => promise.then(() => "no failure", String);
  let first: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-git-"));
    repo = at("an origin's");
    execFileSync("git", ["init", "-q", "-b", "main", repo]);
    first = commit("one");
    run(repo, "tag", "-a", "-m", "x", "v1");
    commit("two");
  });
  after(() => rmSync(root, { recursive: true }));

  it("clones, then follows the default branch", async () => {
    const raw = { repo, dest: at("follow me") };
    const { changed, result } = await runLocally(git, raw);
    expect(changed).to.equal(true);
    expect(result).to.include({ before: null, remote_url_changed: false });
    expect(content("follow me")).to.equal("two");
    expect((await runLocally(git, raw)).changed).to.equal(false);
    const head = run(repo, "rev-parse", "HEAD");
    const next = commit("three");
    expect((await runLocally(git, { ...raw, update: false })).changed).to.equal(false);
    expect((await runLocally(git, raw)).result).to.include({ changed: true, before: head, after: next });
    expect([content("follow me"), run(at("follow me"), "rev-parse", "--abbrev-ref", "HEAD")]).to.deep.equal([
      "three",
      "main",
    ]);
  }).timeout(10_000);

  it("checks out tags and commits, also short ones, without asking for a commit that is there", async () => {
    const dest = at("pinned");
    expect((await runLocally(git, { repo, dest, version: "v1", depth: 1 })).changed).to.equal(true);
    expect(content("pinned")).to.equal("one");
    expect(run(dest, "rev-list", "--count", "HEAD")).to.equal("1");
    expect((await runLocally(git, { repo, dest, version: first })).changed).to.equal(false);
    expect((await runLocally(git, { repo, dest, version: "main", depth: 1 })).changed).to.equal(true);
    expect((await runLocally(git, { repo, dest, version: first.slice(0, 10) })).changed).to.equal(true);
    expect(content("pinned")).to.equal("one");
    expect((await runLocally(git, { repo, dest, version: "v1" })).changed).to.equal(false);
  }).timeout(10_000);

  it("clones nothing where it may not, and with the umask that it gets", async () => {
    expect((await runLocally(git, { repo, dest: at("none"), clone: false })).changed).to.equal(false);
    expect(existsSync(at("none"))).to.equal(false);
    await runLocally(git, { repo, dest: at("closed"), umask: "077" });
    expect(statSync(at("closed", "f")).mode & 0o777).to.equal(0o600);
  }).timeout(10_000);

  it("keeps local changes unless they may be thrown away", async () => {
    const raw = { repo, dest: at("altered") };
    await runLocally(git, raw);
    writeFileSync(at("altered", "f"), "mine");
    writeFileSync(at("altered", "new"), "mine");
    expect(await failure(runLocally(git, raw))).to.include("Local modifications exist in the destination");
    expect((await runLocally(git, { ...raw, force: true })).result)
      .to.include({ changed: true })
      .and.to.have.property("msg");
    expect([content("altered") !== "mine", existsSync(at("altered", "new"))]).to.deep.equal([true, true]);
  }).timeout(10_000);

  it("changes the address of the remote", async () => {
    const dest = at("moved");
    await runLocally(git, { repo, dest });
    execFileSync("git", ["clone", "-q", "--bare", repo, at("other.git")]);
    const { result } = await runLocally(git, { repo: at("other.git"), dest });
    expect(result).to.include({ changed: true, remote_url_changed: true });
    expect(run(dest, "remote", "get-url", "origin")).to.equal(`file://${at("other.git")}`);
  }).timeout(10_000);

  it("says which version is missing, and takes no options for names", async () => {
    expect(await failure(runLocally(git, { repo, dest: at("x"), version: "no-such" }))).to.include(
      "has no branch or tag `no-such`",
    );
    expect(await failure(planModule(git, { repo, dest: at("x"), version: "--help" }))).to.include(
      "cannot be a `version`",
    );
  });

  it("gives ssh what the task says, and never a prompt", async () => {
    const raw = { repo: "git@x:y", dest: "/x", version: first, key_file: "/a b", accept_newhostkey: true };
    const { scripts } = await planModule(git, raw);
    expect(scripts[0]).to.include(
      "export GIT_TERMINAL_PROMPT=0; export GIT_SSH_COMMAND='ssh -o BatchMode=yes -i '\\''/a b'\\'' -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new';",
    );
  });
});
