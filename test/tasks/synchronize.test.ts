import { expect } from "chai";
import { runAction } from "../../src/sdk/testing.ts";
import synchronize from "../../tasks/synchronize.ts";

describe("module: synchronize", () => {
  const controller = { find: (name: string) => Promise.resolve(`/project/files/${name}`) };
  const run = (raw: Record<string, unknown>, more: Parameters<typeof runAction>[2] = {}) =>
    runAction(synchronize, raw, { controller, variables: { "playbook_dir | string": "/project" }, ...more });
  const words = async (...given: Parameters<typeof run>) => (await run(...given)).scripts[0];
  const failure = (...given: Parameters<typeof run>) => run(...given).then(() => "no failure", String);
  const usual = "rsync --protect-args --delay-updates -F --compress";

  it("pushes from the project to the host", async () => {
    expect(await words({ src: "site/", dest: "/var/www/my site" })).to.equal(
      `${usual} --archive '--out-format=<<CHANGED>>%i %n%L' -- /project/files/site/ 'host:/var/www/my site'`,
    );
  });

  it("pulls from the host, begins at home, and leaves what is no part of archive", async () => {
    const raw = { mode: "pull", src: "~/logs/", dest: "logs", owner: false, times: true, delete: true };
    expect(await words(raw)).to.equal(
      `${usual} --delete-after --archive --no-owner '--out-format=<<CHANGED>>%i %n%L' -- host:logs/ /project/logs`,
    );
  });

  it("takes rsync's options one by one", async () => {
    const raw = {
      src: "a",
      dest: "/b",
      archive: false,
      recursive: true,
      compress: false,
      delay_updates: false,
      partial: true,
      checksum: true,
      rsync_timeout: 9,
      rsync_path: "nice rsync",
      rsync_opts: ["--exclude=.git", "--no-motd"],
    };
    expect(await words(raw, { isCheck: true })).to.equal(
      "rsync --protect-args --timeout=9 --checksum --recursive '--rsync-path=nice rsync' --exclude=.git --no-motd --partial --dry-run '--out-format=<<CHANGED>>%i %n%L' -- /project/files/a host:/b",
    );
  });

  it("copies on the host itself when it is delegated to it", async () => {
    const variables = { inventory_hostname: "web1", playbook_dir: "/project" };
    const own = await words({ src: "/a", dest: "/b" }, { variables, delegatedTo: "web1" });
    expect(own).to.match(/ -- \/a \/b$/);
    expect(await failure({ src: "/a", dest: "/b" }, { variables, delegatedTo: "web2" })).to.include("pull first");
  });

  it("says what changed", async () => {
    const exec = () => ({ stdout: "<<CHANGED>><f+++++++++ a b\n<<CHANGED>>cd+++++++++ ./\n" });
    const { result } = await run({ src: "a", dest: "/b" }, { exec });
    expect(result).to.deep.include({ changed: true, rc: 0, stdout_lines: ["<f+++++++++ a b", "cd+++++++++ ./"] });
    expect((await run({ src: "a", dest: "/b" })).result.changed).to.equal(false);
    const linked = () => ({ stdout: "<<CHANGED>>.d..t...... ./\n" });
    expect((await run({ src: "a", dest: "/b", link_dest: "/old" }, { exec: linked })).result.changed).to.equal(false);
  });

  it("fails with rsync's words, and refuses what would go another way", async () => {
    const exec = () => ({ rc: 23, stderr: "rsync: link_stat failed\n" });
    expect(await failure({ src: "a", dest: "/b" }, { exec })).to.include("rsync: link_stat failed");
    expect(await failure({ src: "a", dest: "/b", rsync_opts: ["-e ssh"] })).to.include("remote shell");
    expect(await failure({ src: "a", dest: "/b", archive: false, delete: true })).to.include("needs `recursive`");
    expect(await failure({ src: "a", dest: "/b", dest_port: 2222 })).to.include("`dest_port` is 2222");
  });
});
