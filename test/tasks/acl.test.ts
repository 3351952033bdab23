import { expect } from "chai";
import { aclDifference, aclEntries, aclTreeDifference } from "../../src/state/acl.ts";
import { file } from "../../src/state/file.ts";
import { program } from "../../src/state/program.ts";
import acl from "../../tasks/acl.ts";
import { planModule } from "./plan-module.ts";

describe("module: acl", () => {
  const path = "/srv/a b";
  const key = (...words: readonly string[]) => ({ path, words });
  const host = [
    [program("setfacl"), "/usr/bin/setfacl"],
    [file(path), { type: "directory", device: 1, inode: 7 }],
    [aclEntries(key()), ["user::rw-", "group::r--"]],
  ] as const;
  const wish = { path, entity: "anna", etype: "user", permissions: "rw", state: "present" };
  const plan = (raw: Record<string, unknown>, ...more: (readonly [ReturnType<typeof file>, unknown])[]) =>
    planModule(acl, raw, { host: [...host, ...(more as never[])] });
  const failure = (raw: Record<string, unknown>) => plan(raw).then(() => "no failure", String);

  it("reads", async () => {
    const { changes, result } = await plan({ path });
    expect([changes, result]).to.deep.equal([[], { acl: ["user::rw-", "group::r--"] }]);
  });

  it("sets an entry where setfacl would alter something", async () => {
    const query = aclDifference(key("-m", "user:anna:rw"));
    const { scripts, again, plan: planned } = await plan(wish, [query as never, true]);
    expect(scripts[0]).to.include("= 1:7 ]").and.to.include("setfacl -m user:anna:rw -- /proc/self/fd/3");
    expect([again(), planned.msg]).to.deep.equal([[], "user:anna:rw is present"]);
    expect((await plan(wish, [query as never, false])).changes).to.deep.equal([]);
  });

  it("takes entries as one word, defaults, links and masks", async () => {
    const words = ["-d", "-m", "group:web:rX", "--mask", "--physical"];
    const raw = { path, entry: "default:g:web:rX", recalculate_mask: "mask", follow: false, state: "present" };
    const { scripts } = await plan(raw, [aclDifference(key(...words)) as never, true]);
    expect(scripts).to.deep.equal(["setfacl -d -m group:web:rX --mask --physical -- '/srv/a b'"]);
  });

  it("removes an entry from a whole tree", async () => {
    const query = aclTreeDifference(key("-x", "user:anna", "--recursive"));
    const raw = { path, entity: "anna", etype: "user", state: "absent", recursive: true };
    const { scripts } = await plan(raw, [query as never, true]);
    expect(scripts).to.deep.equal(["setfacl -x user:anna --recursive -- '/srv/a b'"]);
  });

  it("reads what setfacl and getfacl print", () => {
    const parse = (query: ReturnType<typeof aclDifference>, text: string) =>
      query.kind.parse({ rc: 0, stdout: Buffer.from(text), stderr: Buffer.from("") }, [query.key]);
    expect(parse(aclDifference(key()), "\n/a: u::rw-,u:anna:r--,g::r--,m::r--,o::r--,*\n\0")).to.deep.equal([true]);
    expect(parse(aclDifference(key()), "\n/a: *,*\n/a/b: *,*\n\0")).to.deep.equal([false]);
    expect(parse(aclDifference(key()), "\0")).to.deep.equal([undefined]);
    expect(parse(aclEntries(key()) as never, "\nuser::rw-\n\n\0")).to.deep.equal([["user::rw-"]]);
  });

  it("refuses what makes no sense, and says what is missing", async () => {
    expect(await failure({ path, recursive: true })).to.include("'recursive' MUST NOT be set");
    expect(await failure({ ...wish, etype: null })).to.include("'etype' MUST be set");
    expect(await failure({ ...wish, state: "absent" })).to.include("'permissions' MUST NOT be set");
    expect(await failure({ path, state: "present", entry: "u:anna" })).to.include("3 or 4 sections");
    expect(await failure({ path, state: "absent", entry: "z:anna" })).to.include("is no entry");
    expect(await failure({ path: "/none" })).to.include("Path not found");
    expect(await planModule(acl, { path }).then(() => "no failure", String)).to.include("package `acl`");
  });
});
