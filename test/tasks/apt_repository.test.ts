import { expect } from "chai";
import { addSource, removeSource } from "../../src/plan/edit-apt-sources.ts";
import { aptSources } from "../../src/state/apt-sources.ts";
import { file } from "../../src/state/file.ts";
import aptRepository from "../../tasks/apt_repository.ts";
import deb822Repository from "../../tasks/deb822_repository.ts";
import { planModule } from "./plan-module.ts";

describe("module: apt_repository", () => {
  for (const [repo, path] of [
    ["deb http://deb.debian.org/debian bookworm main", "deb_debian_org_debian"],
    [
      "deb [arch=amd64 signed-by=/x.asc] https://apt.releases.hashicorp.com bookworm main",
      "apt_releases_hashicorp_com",
    ],
    ["deb-src  https://user:p%40ss@example.com:8080/a-b/  ./", "example_com_8080_a_b"],
  ] as const) {
    it(`names the file of ${repo} as Ansible does`, () => {
      expect(Object.keys(addSource({}, repo, undefined))).to.deep.equal([`/etc/apt/sources.list.d/${path}.list`]);
    });
  }

  const files = {
    "/etc/apt/sources.list": "deb http://a x main\n# deb http://b x main # why\n\n# a note\n",
    "/etc/apt/sources.list.d/c.list": "deb  http://c   x main\n",
  };

  it("leaves a source alone that is there, however its blanks stand", () => {
    expect(addSource(files, "deb http://c x main", undefined)).to.deep.equal({});
  });

  it("enables a source that stands as a comment, and keeps the rest to the letter", () => {
    expect(addSource(files, "deb http://b x main", undefined)).to.deep.equal({
      "/etc/apt/sources.list": "deb http://a x main\ndeb http://b x main # why\n\n# a note\n",
    });
  });

  it("takes sources away, and files that are left empty", () => {
    expect(removeSource(files, "deb http://a x main")).to.deep.equal({
      "/etc/apt/sources.list": "# deb http://b x main # why\n\n# a note\n",
    });
    expect(removeSource(files, "deb http://c x main")).to.deep.equal({ "/etc/apt/sources.list.d/c.list": "" });
    expect(removeSource(files, "deb http://b x main")).to.deep.equal({});
  });

  it("writes the file, then fetches the lists, and takes the file back when that fails", async () => {
    const { scripts, changes } = await planModule(
      aptRepository,
      { repo: "deb http://n x main", filename: "new" },
      { host: [[aptSources(null), files]] },
    );
    expect(scripts[0]).to.equal("write /etc/apt/sources.list.d/new.list");
    expect(scripts[1]).to.include("apt-get -q").and.include("rm -f -- /etc/apt/sources.list.d/new.list");
    expect(changes[0]?.diff).to.include({ before: "", after: "deb http://n x main\n", beforeHeader: "/dev/null" });
    expect(
      (await planModule(aptRepository, { repo: "deb http://a x main" }, { host: [[aptSources(null), files]] })).changes,
    ).to.deep.equal([]);
    expect(
      (
        await planModule(
          aptRepository,
          { repo: "deb http://n x main", update_cache: "no" },
          { host: [[aptSources(null), files]] },
        )
      ).scripts,
    ).to.have.length(1);
  });

  it("refuses what is no source", async () => {
    for (const repo of ["http://a x main", "# deb http://a x main", "ppa:a/b"]) {
      const failure = await planModule(aptRepository, { repo }, { host: [[aptSources(null), {}]] }).catch(
        (error: Error) => error,
      );
      expect((failure as Error).message, repo).to.match(/Invalid repository string|not supported/);
    }
  });
});

describe("module: deb822_repository", () => {
  const raw = {
    name: "My Repo_1",
    uris: "https://x.example/debian",
    suites: "bookworm",
    components: ["main", "contrib"],
    enabled: true,
  };
  const directory = { type: "directory" };

  it("writes the fields in Ansible's order and format", async () => {
    const { changes, result } = await planModule(
      deb822Repository,
      { ...raw, signed_by: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n" },
      { host: [[file("/etc/apt/sources.list.d"), directory]] },
    );
    expect(changes[0]?.query.key).to.equal("/etc/apt/sources.list.d/my-repo-1.sources");
    expect(result["repo"]).to.equal(
      [
        "Components: main contrib",
        "Enabled: yes",
        "X-Repolib-Name: My Repo_1",
        "Signed-By:",
        "    -----BEGIN PGP PUBLIC KEY BLOCK-----",
        "    .",
        "    abc",
        "    -----END PGP PUBLIC KEY BLOCK-----",
        "Suites: bookworm",
        "Types: deb",
        "URIs: https://x.example/debian",
        "",
      ].join("\n"),
    );
    expect(result).to.include({ dest: "/etc/apt/sources.list.d/my-repo-1.sources", key_filename: null });
  });

  it("fetches the key first, and names it in the source once it is there", async () => {
    const withKey = { ...raw, signed_by: "https://x.example/key" };
    const host = [
      [file("/etc/apt/sources.list.d"), directory],
      [file("/etc"), directory],
      [file("/etc/apt"), directory],
      [file("/etc/apt/keyrings"), directory],
    ] as const;
    const first = await planModule(deb822Repository, withKey, { host });
    expect([first.plan.isPartial, first.changes.every((change) => change.isQuiet)]).to.deep.equal([true, true]);
    const key = { type: "file", mode: 0o644, links: 1 };
    const second = await planModule(deb822Repository, withKey, {
      host: [...host, [file("/etc/apt/keyrings/my-repo-1.gpg"), key]],
      applied: first.changes,
    });
    expect(second.result["repo"]).to.include("Signed-By: /etc/apt/keyrings/my-repo-1.gpg\n");
    expect(second.result["key_filename"]).to.equal("/etc/apt/keyrings/my-repo-1.gpg");
  });

  it("removes source and key", async () => {
    const host = [
      [file("/etc/apt/sources.list.d/my-repo-1.sources"), { type: "file" }],
      [file("/etc/apt/keyrings/my-repo-1.asc"), { type: "file" }],
    ] as const;
    const { scripts } = await planModule(deb822Repository, { name: "my repo-1", state: "absent" }, { host });
    expect(scripts).to.deep.equal([
      "rm -f -- /etc/apt/sources.list.d/my-repo-1.sources",
      "rm -f -- /etc/apt/keyrings/my-repo-1.asc",
    ]);
  });
});
