import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { dearmor, readKeys } from "../../src/lib/openpgp.ts";
import type { WriteFile } from "../../src/task/change.ts";
import { directoryFiles } from "../../src/state/directory-files.ts";
import apt_key from "../../tasks/apt_key.ts";
import { runAction } from "./run-action.ts";

const armored = `-----BEGIN PGP PUBLIC KEY BLOCK-----
Comment: made for this test

mDMEawMnLxYJKwYBBAHaRw8BAQdAlLj7qFSaWFVmWm+hV4ImoppsQRmshd2eyu+A
1qNk2hG0FFRlc3QgPHRAZXhhbXBsZS5vcmc+iJAEExYIADgWIQQSSNa9rhKzYg/o
j98BveklM+p5MgUCawMnLwIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAKCRAB
veklM+p5MkzmAP9Nj7ifaE4dxUF+8g6tp6M3fdF90HG1vRaVibPRvYqkLQEAk8HS
lpAlRGpo72Y+ioX/8X4AzEz9jTZCeoBgvhWjpwG4OARrAycvEgorBgEEAZdVAQUB
AQdAjiUqKTjxc2j+GFF/IXdhWqzltnNg8tDFc0+09igpfGUDAQgHiHgEGBYIACAW
IQQSSNa9rhKzYg/oj98BveklM+p5MgUCawMnLwIbDAAKCRABveklM+p5MhopAP9V
YZ4t1X5tnrYCVvckRN8QwTcpBlznHiUyHNgFuGLMuAEAtixTw0FUPjUS8uZkgilV
nXBHlnfXbXsogsxGjNfqOA4=
=cbsS
-----END PGP PUBLIC KEY BLOCK-----
`;
const fingerprint = "1248D6BDAE12B3620FE88FDF01BDE92533EA7932";
const subkey = "20BD2EC9B057815A0680AFE84A40AF3896D6B377";

/** Another key, of a packet alone in the new format. */
const other = Buffer.concat([Buffer.from([0xc6, 9]), Buffer.from("\x04\x00\x00\x00\x01\x01\x00\x01\x01", "latin1")]);

describe("OpenPGP keys", () => {
  it("have the fingerprints that gpg gives them", () => {
    const bytes = dearmor(Buffer.from(armored));
    const [key] = readKeys(bytes);
    expect([key?.fingerprint, key?.subkeys]).to.deep.equal([fingerprint, [subkey]]);
    expect(readKeys(Buffer.concat([bytes, other])).map((one) => one.bytes)).to.deep.equal([Buffer.from(bytes), other]);
  });

  it("are not made of anything", () => {
    expect(() => readKeys(Buffer.from("nonsense"))).to.throw("no OpenPGP key");
    expect(() => readKeys(Buffer.from([0xc6, 200]))).to.throw("ends too early");
    expect(readKeys(new Uint8Array())).to.deep.equal([]);
  });
});

describe("module: apt_key", () => {
  let root: string;
  let keyring: string;
  let server: Server;
  let url: string;
  const asked: string[] = [];
  before(async () => {
    root = mkdtempSync(join(tmpdir(), "tsrun-key-"));
    server = createServer((request, response) => {
      asked.push(request.url ?? "");
      if (request.url === "/moved") response.writeHead(302, { Location: "/key" }).end();
      else if (request.url === "/none") response.writeHead(404).end();
      else response.end(armored);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    keyring = join(root, "it's.gpg");
    asked.length = 0;
  });
  afterEach(() => rmSync(keyring, { force: true }));
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(root, { recursive: true });
  });
  const warnings: string[] = [];
  const write = ({ path, content }: WriteFile) => {
    writeFileSync(path, content as Uint8Array);
    return Promise.resolve({});
  };
  const run = (raw: Record<string, unknown>, isCheck = false) =>
    runAction(apt_key, { keyring, ...raw }, { isCheck, warnings, host: { write } });
  const failure = (raw: Record<string, unknown>) => run(raw).then(() => "no failure", String);
  const inRing = () => readKeys(readFileSync(keyring)).map((key) => key.fingerprint);

  it("adds a key to a keyring once, and keeps the others", async () => {
    writeFileSync(keyring, other);
    expect(await run({ data: armored }, true)).to.include({ changed: true });
    expect(inRing()).to.have.length(1);
    const result = await run({ data: armored });
    expect(result).to.deep.include({
      changed: true,
      id: fingerprint.slice(-16),
      fp: fingerprint.slice(-16),
      short_id: "33EA7932",
    });
    expect(result["after"]).to.include.members([fingerprint.slice(-16), subkey.slice(-16)]);
    expect([inRing().length, inRing()[1]]).to.deep.equal([2, fingerprint]);
    expect((await run({ data: armored })).changed).to.equal(false);
    expect(warnings.join()).to.include("deb822_repository");
  });

  it("asks no server for a key that is there", async () => {
    const raw = { id: `0x${fingerprint.slice(-8)}`, url: `${url}/moved` };
    expect((await run(raw)).changed).to.equal(true);
    expect((await run(raw)).changed).to.equal(false);
    expect(asked).to.deep.equal(["/moved", "/key"]);
  });

  it("asks a keyserver", async () => {
    await run({ id: fingerprint, keyserver: url });
    expect(asked).to.deep.equal([`/pks/lookup?op=get&options=mr&search=0x${fingerprint}`]);
    expect(inRing()).to.deep.equal([fingerprint]);
  });

  it("removes a key, and the file with the last one", async () => {
    writeFileSync(keyring, Buffer.concat([dearmor(Buffer.from(armored)), other]));
    expect((await run({ id: fingerprint, state: "absent" })).changed).to.equal(true);
    expect(inRing()).to.have.length(1);
    expect((await run({ id: fingerprint, state: "absent" })).changed).to.equal(false);
    expect((await run({ id: inRing()[0], state: "absent" })).changed).to.equal(true);
    expect(() => readFileSync(keyring)).to.throw("ENOENT");
  });

  it("gives each key a file of its own without a keyring", async () => {
    const written: string[] = [];
    const host = {
      read: (<T>({ kind }: { kind: { name: string } }) =>
        Promise.resolve(
          (kind.name === directoryFiles.kind && written.length > 0 ? { "a.asc": armored } : undefined) as T,
        )) as never,
      cached: () => Promise.resolve(undefined as never),
      write: ({ path }: WriteFile) => {
        written.push(path);
        return Promise.resolve({});
      },
    };
    await runAction(apt_key, { data: armored }, { host, warnings });
    expect(written).to.deep.equal([`/etc/apt/trusted.gpg.d/${fingerprint}.gpg`]);
  });

  it("says what is wrong", async () => {
    expect(await failure({ id: subkey, data: armored })).to.include("a subkey's id is no key's");
    expect(await failure({ data: "nonsense" })).to.include("Unable to extract key from 'inline data'");
    expect(await failure({ url: `${url}/none` })).to.include("404");
    expect(await failure({ id: "12" })).to.include("hexadecimal digits");
    expect(await failure({ keyserver: url })).to.include("Missing key_id");
    expect(await failure({ data: armored, url })).to.include("mutually exclusive: data|url");
  });
});
