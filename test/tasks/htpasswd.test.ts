import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { bcrypt } from "../../src/lib/bcrypt.ts";
import { shaCrypt } from "../../src/lib/crypt.ts";
import { hashPassword, hashSchemes, isHashOf } from "../../src/plan/htpasswd-hash.ts";
import htpasswd from "../../tasks/htpasswd.ts";
import { planModule } from "./plan-module.ts";
import { runLocally } from "./run-locally.ts";

const secret = "it's $ecret: ü";

describe("hashes of passwords", () => {
  const random = Buffer.alloc(16, 7);

  // Those of SHA-2 take seconds by design; they are recognised below.
  for (const scheme of hashSchemes.filter((name) => !name.startsWith("sha"))) {
    it(`are made and recognised (${scheme})`, () => {
      const hash = hashPassword(secret, scheme, random);
      expect([isHashOf(hash, secret), isHashOf(hash, "other")]).to.deep.equal([true, false]);
    });
  }

  it("are those of other programs", () => {
    // openssl passwd -apr1 -salt abcdefgh secret; vectors of crypt_blowfish.
    expect(isHashOf("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", "secret")).to.equal(true);
    expect(isHashOf("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "password")).to.equal(true);
    for (const [password, salt, rest] of [
      ["U*U", "CCCCCCCCCCCCCCCCCCCCC.", "E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
      ["", "CCCCCCCCCCCCCCCCCCCCC.", "7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"],
    ] as const)
      expect(bcrypt(password, salt, 5, "2a")).to.equal(`$2a$05$${salt}${rest}`);
    const sha = shaCrypt("sha256", secret, "saltsalt", 1000);
    expect([isHashOf(sha, secret), isHashOf(sha, "x")]).to.deep.equal([true, false]);
    expect(() => bcrypt("x", "short", 5)).to.throw("22 characters");
  });
});

describe("module: htpasswd", () => {
  let root: string;
  let path: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tsrun-htpasswd-"));
    path = join(root, "pass words");
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const wish = { name: "anna", password: secret };
  const run = async (raw: Record<string, unknown> = {}) => {
    const { changed, changes } = await runLocally(htpasswd, { ...wish, path, ...raw });
    return { changed, changes, text: readFileSync(path, "utf8") };
  };

  it("makes the file, and finds its own entry again", async () => {
    const { changed, text, changes } = await run({ mode: "0640" });
    expect([changed, statSync(path).mode & 0o777]).to.deep.equal([true, 0o640]);
    expect(text).to.match(/^anna:\$apr1\$[./0-9A-Za-z]{8}\$[./0-9A-Za-z]{22}\n$/);
    expect(changes[0]?.diff).to.deep.equal({ before: "", after: "anna: new password\n" });
    expect(await run()).to.deep.include({ changed: false, text });
    expect(await run({ hash_scheme: "bcrypt" })).to.deep.include({ changed: false, text });
    expect((await run({ mode: "0600" })).changed).to.equal(true);
  });

  it("alters one entry and keeps the others, without blank lines", async () => {
    writeFileSync(path, "ann:x\n\nanna:{SHA}old\nberta:y");
    const { text } = await run({ hash_scheme: "plaintext" });
    expect(text).to.equal(`ann:x\nanna:${secret}\nberta:y\n`);
  });

  it("removes", async () => {
    writeFileSync(path, "anna:x\nberta:y\n");
    expect(await run({ state: "absent" })).to.deep.include({ changed: true, text: "berta:y\n" });
    expect(await run({ state: "absent" })).to.deep.include({ changed: false });
  });

  it("says what is missing, and takes no name that would break the file", async () => {
    const failure = (raw: Record<string, unknown>) =>
      planModule(htpasswd, { ...wish, path: "/x/y", ...raw }).then(() => "no failure", String);
    expect(await failure({ create: false })).to.include("Destination /x/y does not exist");
    expect(await failure({ password: null })).to.include("`password` is needed");
    expect(await failure({ name: "a:b" })).to.include("no colon");
    expect(await failure({ hash_scheme: "des_crypt" })).to.include("expected one of");
  });

  it("makes hashes that openssl makes too", () => {
    const hash = hashPassword(secret, "apr_md5_crypt", Buffer.alloc(16, 3));
    const salt = hash.split("$")[2] as string;
    const made = execFileSync("openssl", ["passwd", "-apr1", "-salt", salt, "-stdin"], { input: `${secret}\n` });
    expect(made.toString().trim()).to.equal(hash);
  });
});
