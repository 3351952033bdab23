import { expect } from "chai";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import type { TsrunError } from "../../src/lib/errors.ts";
import { decryptVault, encryptVault, type VaultPassword } from "../../src/vault/cipher.ts";
import { isVaultEnvelope, parseEnvelope } from "../../src/vault/envelope.ts";
import { parseYamlDocument } from "../../src/yaml/parse-yaml.ts";
import type { VaultText } from "../../src/yaml/vault-text.ts";

// Made by ansible-vault of ansible-core 2.14, passwords as below.
const horse: VaultPassword = { label: "default", password: "correct horse" };
const prod: VaultPassword = { label: "prod", password: "pässwörd" };

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
}

function open(text: string, ...passwords: VaultPassword[]): string {
  return Buffer.from(decryptVault(text, passwords).bytes).toString("utf8");
}

describe("decryptVault on the files of ansible-vault", () => {
  const plain = 'db_password: s3cret\nunicode: "é中"\n';

  it("opens format 1.1", () => {
    expect(open(fixture("v11.txt"), horse)).to.equal(plain);
  });

  it("opens format 1.2 with its label, wherever the password stands in the list", () => {
    expect(parseEnvelope(fixture("v12.txt"))).to.include({ version: "1.2", label: "prod" });
    expect(decryptVault(fixture("v12.txt"), [horse, prod]).label).to.equal("prod");
    expect(open(fixture("v12.txt"), { label: "other", password: prod.password })).to.equal(plain);
  });

  it("opens binary and empty files", () => {
    expect([...decryptVault(fixture("binary.txt"), [horse]).bytes]).to.deep.equal(
      Array.from({ length: 256 }, (_, byte) => byte),
    );
    expect(open(fixture("empty.txt"), horse)).to.equal("");
  });

  it("opens a value inside of YAML", () => {
    const { secret } = parseYamlDocument({ path: "inline.yml", text: fixture("inline.yml") }) as { secret: VaultText };
    expect(open(secret.ciphertext, horse)).to.equal("inline value");
  });
});

describe("encryptVault", () => {
  it("writes to the byte what ansible-vault wrote with the same salt", () => {
    for (const [name, { label, password }] of [
      ["v11.txt", horse],
      ["v12.txt", prod],
    ] as const) {
      const { salt } = parseEnvelope(fixture(name));
      const { bytes } = decryptVault(fixture(name), [{ label, password }]);
      expect(encryptVault(bytes, password, { label, salt })).to.equal(fixture(name));
    }
  });

  it("gives back what was put in", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.string({ minLength: 1 }), (bytes, password) => {
        const text = encryptVault(bytes, password, { label: "x" });
        expect(isVaultEnvelope(text)).to.equal(true);
        expect([...decryptVault(text, [{ label: "x", password }]).bytes]).to.deep.equal([...bytes]);
      }),
      { numRuns: 15 },
    );
  });
});

describe("vault errors", () => {
  function failure(text: string, ...passwords: VaultPassword[]): string {
    try {
      open(text, ...passwords);
    } catch (thrown) {
      const { code, message, hint } = thrown as TsrunError;
      return `${code} ${message} | ${hint}`;
    }
    return "opened";
  }

  it("says which password is missing or wrong, and never shows one", () => {
    expect(failure(fixture("v12.txt"))).to.equal(
      "E_VAULT_NO_PASSWORD this value is encrypted, and no vault password was given | --vault-id prod@FILE",
    );
    expect(failure(fixture("v12.txt"), horse)).to.equal(
      "E_VAULT_PASSWORD no vault password opens this value, which was encrypted with vault id `prod` (tried `default`) | --vault-id prod@FILE",
    );
  });

  it("refuses damaged text", () => {
    expect(failure("$ANSIBLE_VAULT;2.0;AES256\n61\n", horse)).to.match(/^E_VAULT_FORMAT expected a first line/);
    expect(failure("$ANSIBLE_VAULT;1.1;AES\n61\n", horse)).to.match(/^E_VAULT_FORMAT unknown cipher `AES`/);
    expect(failure(fixture("v11.txt").slice(0, 400), horse)).to.match(/^E_VAULT_FORMAT the encrypted text is damaged/);
    const lines = fixture("v11.txt").split("\n");
    lines[4] = (lines[4] as string).split("").reverse().join("");
    expect(failure(lines.join("\n"), horse)).to.match(/^E_VAULT_(?:FORMAT|PASSWORD)/);
  });
});
