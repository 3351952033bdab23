import { expect } from "chai";
import { containerfile } from "../../src/lab/build-image.ts";
import { imageRecipe } from "../../src/lab/image-recipe.ts";
import type { AptSettings } from "../../src/lab/machine-apt.ts";
import { errorCode } from "./error-code.ts";

const apt: AptSettings = {
  mirror: "http://mirror.test/debian",
  securityMirror: "http://mirror.test/debian-security",
  conf: ['Acquire::http::Proxy "http://proxy.test";'],
  certificates: ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
};
const bare: AptSettings = { mirror: undefined, securityMirror: undefined, conf: [], certificates: [] };

describe("image recipe", () => {
  it("takes the archive from the machine", () => {
    expect(imageRecipe({ image: "debian-11" }, apt).sources).to.deep.equal([
      "deb http://mirror.test/debian bullseye main",
      "deb http://mirror.test/debian bullseye-updates main",
      "deb http://mirror.test/debian-security bullseye-security main",
    ]);
  });

  it("takes only the archive that was asked for", () => {
    expect(imageRecipe({ mirror: "http://other.test/debian" }, apt).sources).to.deep.equal([
      "deb http://other.test/debian bookworm main",
      "deb http://other.test/debian bookworm-updates main",
    ]);
  });

  it("leaves the sources alone when the machine names none", () => {
    expect(imageRecipe({}, bare).sources).to.equal(undefined);
  });

  it("brings the machine's proxy and certificates into the hosts", () => {
    const { setupScript } = imageRecipe({}, apt);
    expect(setupScript).to.include('Acquire::http::Proxy "http://proxy.test";');
    expect(setupScript).to.include("cat >/usr/local/share/ca-certificates/lab-1.crt <<'LAB_END'\n-----BEGIN");
    expect(imageRecipe({}, bare).setupScript).not.to.include("update-ca-certificates");
  });

  it("has no Python unless asked", () => {
    expect(imageRecipe({}, apt).packages.filter((name) => name.includes("python"))).to.deep.equal([]);
    expect(imageRecipe({ python: true }, apt).packages).to.include.members(["python3", "python3-apt"]);
  });

  it("has a tag that changes with its content and with nothing else", () => {
    const { tag } = imageRecipe({}, apt);
    expect(tag).to.match(/^localhost\/tsrun-lab:debian-12-[0-9a-f]{12}$/);
    expect(imageRecipe({ image: "debian-12", python: false }, { ...apt }).tag).to.equal(tag);
    const others = [
      imageRecipe({ python: true }, apt),
      imageRecipe({ image: "debian-11" }, apt),
      imageRecipe({}, bare),
    ];
    expect(new Set([tag, ...others.map((other) => other.tag)]).size).to.equal(4);
  });

  it("builds on the registry's image of the same suite", () => {
    expect(containerfile(imageRecipe({ image: "debian-11" }, apt))).to.equal(`FROM debian:bullseye
COPY setup.sh /setup.sh
RUN sh /setup.sh && rm /setup.sh
STOPSIGNAL SIGRTMIN+3
CMD ["/sbin/init"]
`);
  });

  it("is unknown for other distributions", () => {
    expect(errorCode(() => imageRecipe({ image: "debain-12" }, apt))).to.equal("E_LAB_IMAGE");
  });
});
