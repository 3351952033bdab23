import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { runMain } from "../cli/run-main.ts";

describe("roles and playbooks of collections", () => {
  let project: string;

  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  };
  const tasksOf = async (playbook: string): Promise<string> => {
    write("site.yaml", playbook);
    const { stdout, stderr } = await runMain(["playbook", "-i", "web1,", "site.yaml", "--list-tasks"], project);
    return stderr + stdout;
  };
  const role = (name: string, tasks: string): void =>
    write(`collections/ansible_collections/acme/web/roles/${name}/tasks/main.yml`, tasks);

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "tsrun-collections-"));
    role("site", "- {name: of the site, debug: {msg: hi}}\n- import_role: {name: common}\n");
    role("common", "- {name: of all, debug: {msg: hi}}\n");
    role("extra/roles/tls", "- {name: of tls, debug: {msg: hi}}\n");
  });
  afterEach(() => rmSync(project, { recursive: true }));

  it("finds a role by its full name, and those beside it by their short ones", async () => {
    expect(await tasksOf("- {hosts: all, roles: [acme.web.site]}\n"))
      .to.contain("of the site")
      .and.to.contain("of all");
  });

  it("takes further dots for subdirectories", async () => {
    expect(await tasksOf("- {hosts: all, roles: [acme.web.extra.roles.tls]}\n")).to.contain("of tls");
  });

  it("finds a short name in what `collections` lists", async () => {
    expect(await tasksOf("- {hosts: all, collections: [acme.web], roles: [common]}\n")).to.contain("of all");
    expect(await tasksOf("- {hosts: all, roles: [common]}\n")).to.contain("no role `common`");
  });

  it("imports a playbook by its full name", async () => {
    write("collections/ansible_collections/acme/web/playbooks/check.yml", "- {hosts: all, roles: [common]}\n");
    expect(await tasksOf("- import_playbook: acme.web.check\n")).to.contain("of all");
  });
});
