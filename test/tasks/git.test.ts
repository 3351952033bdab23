import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { gitSignature } from "../../src/state/git-signature.ts";
import { checkout, remoteVersion } from "../../src/state/git.ts";
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

  it("keeps a bare repository with all that the remote has", async () => {
    const raw = { repo, dest: at("mirror.git"), bare: true };
    expect((await runLocally(git, raw)).result).to.include({ changed: true, before: null });
    expect((await runLocally(git, raw)).changed).to.equal(false);
    run(repo, "branch", "-f", "side", first);
    expect((await runLocally(git, raw)).changed).to.equal(true);
    expect(run(at("mirror.git"), "rev-parse", "side")).to.equal(first);
    expect((await runLocally(git, raw)).changed).to.equal(false);
    const archive = at("mirror.tar");
    expect((await runLocally(git, { ...raw, version: "v1", archive })).changed).to.equal(true);
    expect((await runLocally(git, { ...raw, version: "v1", archive })).changed).to.equal(false);
    expect(execFileSync("tar", ["-xOf", archive, "f"]).toString()).to.equal("one");
  }).timeout(20_000);

  it("reaches what only a refspec fetches, and stays there", async () => {
    run(repo, "update-ref", "refs/pull/7/head", first);
    const raw = {
      repo,
      dest: at("pull"),
      refspec: "+refs/pull/*:refs/remotes/origin/pull/*",
      version: "origin/pull/7/head",
    };
    expect((await runLocally(git, raw)).result).to.include({ changed: true, after: first });
    expect((await runLocally(git, raw)).changed).to.equal(false);
    const head = { repo, dest: at("pull"), refspec: "refs/pull/7/head", version: "FETCH_HEAD" };
    expect((await runLocally(git, head)).changed).to.equal(false);
    expect(await failure(runLocally(git, { ...raw, version: "origin/pull/8/head" }))).to.include("no branch or tag");
  }).timeout(20_000);

  it("keeps the repository in a directory of its own, and moves it there", async () => {
    const raw = { repo, dest: at("apart") };
    await runLocally(git, raw);
    const moved = await runLocally(git, { ...raw, separate_git_dir: at("apart.git") });
    expect(moved.result).to.deep.include({
      changed: true,
      git_dir_before: at("apart", ".git"),
      git_dir_now: at("apart.git"),
    });
    expect([statSync(at("apart", ".git")).isFile(), run(at("apart"), "status", "--porcelain")]).to.deep.equal([
      true,
      "",
    ]);
    symlinkSync("apart.git", at("apart-link.git"));
    expect((await runLocally(git, { ...raw, separate_git_dir: at("apart-link.git") })).changed).to.equal(false);
    expect(await failure(runLocally(git, { ...raw, separate_git_dir: repo }))).to.include("already exists");
    const fresh = { repo, dest: at("fresh"), separate_git_dir: at("fresh.git"), reference: repo };
    expect((await runLocally(git, fresh)).changed).to.equal(true);
    expect(existsSync(at("fresh.git", "objects", "info", "alternates"))).to.equal(true);
    expect((await runLocally(git, fresh)).changed).to.equal(false);
  }).timeout(20_000);

  it("makes an archive, and makes it anew when the version is another", async () => {
    const raw = { repo, dest: at("packed"), version: "v1", archive: at("packed.tgz"), archive_prefix: "app/" };
    expect((await runLocally(git, raw)).changed).to.equal(true);
    expect(execFileSync("tar", ["-xzOf", raw.archive, "app/f"]).toString()).to.equal("one");
    expect((await runLocally(git, raw)).changed).to.equal(false);
    await runLocally(git, { ...raw, version: "main" });
    expect(execFileSync("tar", ["-xzOf", raw.archive, "app/f"]).toString()).to.equal(
      readFileSync(join(repo, "f"), "utf8"),
    );
    expect(await failure(planModule(git, { ...raw, version: first, archive: "/x.rar" }))).to.include(
      "Unable to get file extension",
    );
  }).timeout(20_000);

  it("fetches submodules that are missing, and follows them where it should", async () => {
    const allowed = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "protocol.file.allow", GIT_CONFIG_VALUE_0: "always" };
    const shell = ["env", ...Object.entries(allowed).map(([name, value]) => `${name}=${value}`), "sh"];
    const library = at("library");
    execFileSync("git", ["init", "-q", "-b", "trunk", library]);
    const release = (name: string) => {
      run(library, "commit", "-q", "--allow-empty", "-m", name);
      return run(library, "rev-parse", "HEAD");
    };
    const old = release("old");
    const main = at("with modules");
    execFileSync("git", ["init", "-q", "-b", "main", main]);
    run(main, "-c", "protocol.file.allow=always", "submodule", "add", "-q", library, "my lib");
    run(main, "commit", "-q", "-m", "x");
    const raw = { repo: main, dest: at("super") };
    const head = () => run(at("super", "my lib"), "rev-parse", "HEAD");
    await runLocally(git, { ...raw, recursive: false }, { shell });
    expect((await runLocally(git, raw, { shell })).result).to.include({ changed: true, submodules_changed: true });
    expect(head()).to.equal(old);
    expect((await runLocally(git, raw, { shell })).changed).to.equal(false);
    const next = release("new");
    const tracking = { ...raw, track_submodules: true };
    expect((await runLocally(git, tracking, { shell })).result).to.include({ changed: true, submodules_changed: true });
    expect(head()).to.equal(next);
    expect((await runLocally(git, tracking, { shell })).changed).to.equal(false);
  }).timeout(20_000);

  it("refuses a commit that nobody signed, at every run", async () => {
    const raw = { repo, dest: at("signed"), verify_commit: true };
    expect(await failure(runLocally(git, raw))).to.include("Failed to verify GPG signature");
    expect(await failure(runLocally(git, raw))).to.include("Failed to verify GPG signature");
  }).timeout(20_000);

  it("wants the fingerprint of the key that signed, or of its primary key", async () => {
    const raw = { repo, dest: "/x", version: first, verify_commit: true };
    const key = { path: "/x", version: first, commit: "HEAD" };
    const report = `[GNUPG:] NEWSIG\n[GNUPG:] VALIDSIG AAAA 2026-01-01 1 0 4 0 1 8 00 BBBB\n`;
    const stdout = Buffer.from(`good\0${report}\0`);
    const signature = gitSignature(key).kind.parse({ rc: 0, stdout, stderr: Buffer.from("") }, [key])[0];
    const tree = { head: first, url: `file://${repo}`, isModified: false, gitDir: "/x/.git", refs: "" };
    const plan = (gpg_whitelist: string[]) => {
      const where = { path: "/x", remote: "origin", isBare: false, tracksSubmodules: false };
      return planModule(
        git,
        { ...raw, gpg_whitelist },
        {
          host: [
            [checkout(where), tree],
            [gitSignature(key), signature],
          ],
        },
      );
    };
    expect((await plan(["bbbb"])).changes).to.deep.equal([]);
    expect((await plan(["AAAA"])).changes).to.deep.equal([]);
    expect(await failure(plan(["CCCC"]))).to.include('does not include the public key "AAAA"');
  });

  it("runs another git", async () => {
    const executable = at("my git");
    writeFileSync(executable, `#!/bin/sh\necho "$1" >>${at("log")}\nexec git "$@"\n`, { mode: 0o755 });
    const raw = { repo, dest: at("by another"), executable };
    expect((await runLocally(git, raw)).changed).to.equal(true);
    expect((await runLocally(git, raw)).changed).to.equal(false);
    expect(readFileSync(at("log"), "utf8"))
      .to.include("clone")
      .and.to.include("ls-remote");
  }).timeout(10_000);

  it("gives ssh what the task says, and never a prompt", async () => {
    const raw = { repo: "git@x:y", dest: "/x", version: first, key_file: "/a b", accept_newhostkey: true };
    const { scripts } = await planModule(git, raw);
    expect(scripts[0]).to.include(
      "export GIT_TERMINAL_PROMPT=0; export GIT_SSH_COMMAND='ssh -o BatchMode=yes -i '\\''/a b'\\'' -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new';",
    );
  });
});
