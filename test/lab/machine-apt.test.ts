import { expect } from "chai";
import { debianMirrors, networkSettings, parseDeb822, parseOneLine } from "../../src/lab/machine-apt.ts";

describe("the machine's apt sources", () => {
  it("are read in deb822 format, with comments, several values and disabled stanzas", () => {
    const text = `Types: deb deb-src
# snapshot
URIs: http://mirror.test/debian/
Suites: bookworm
 bookworm-updates
Components: main contrib

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.test/debian
Suites: bookworm
Components: main
`;
    expect(parseDeb822(text)).to.deep.equal([
      {
        uri: "http://mirror.test/debian",
        suites: ["bookworm", "bookworm-updates"],
        components: ["main", "contrib"],
      },
    ]);
  });

  it("are read in one-line format, with options and comments", () => {
    const text = `# deb http://off.test/debian bookworm main
deb [arch=amd64 signed-by=/a.gpg] http://mirror.test/debian bookworm main contrib # yes
deb-src http://mirror.test/debian bookworm main
`;
    expect(parseOneLine(text)).to.deep.equal([
      { uri: "http://mirror.test/debian", suites: ["bookworm"], components: ["main", "contrib"] },
    ]);
  });

  it("give Debian's archive and its security archive, not a vendor's", () => {
    const sources = parseOneLine(`deb https://vendor.test bookworm main
deb https://vendor.test/linux/debian bookworm stable
deb http://mirror.test/debian-security bookworm-security main
deb http://mirror.test/debian bookworm main
`);
    expect(debianMirrors(sources)).to.deep.equal({
      mirror: "http://mirror.test/debian",
      securityMirror: "http://mirror.test/debian-security",
    });
  });

  it("give nothing on another distribution", () => {
    const sources = parseOneLine(`deb http://mirror.test/ubuntu jammy main
deb http://security.mirror.test/ubuntu jammy-security main
`);
    expect(debianMirrors(sources)).to.deep.equal({ mirror: undefined, securityMirror: undefined });
  });
});

describe("the machine's network settings for apt", () => {
  it("keep proxies and clock checks and drop the rest", () => {
    const dump = `Acquire::AllowInsecureRepositories "0";
Acquire::http::Proxy "http://proxy.test:3128";
Acquire::http::Proxy::mirror.test "DIRECT";
Acquire::Check-Date "false";
Acquire::https::User-Agent-Non-Interactive "true";
`;
    expect(networkSettings(dump, {})).to.deep.equal([
      'Acquire::http::Proxy "http://proxy.test:3128";',
      'Acquire::http::Proxy::mirror.test "DIRECT";',
      'Acquire::Check-Date "false";',
    ]);
  });

  it("take a proxy of the environment unless apt has its own", () => {
    const env = { http_proxy: "http://env.test:1", https_proxy: "http://env.test:2" };
    expect(networkSettings('Acquire::http::Proxy "http://apt.test:3";', env)).to.deep.equal([
      'Acquire::http::Proxy "http://apt.test:3";',
      'Acquire::https::Proxy "http://env.test:2";',
    ]);
  });

  it("reach a proxy on the machine's loopback from inside a host", () => {
    expect(networkSettings('Acquire::http::Proxy "http://127.0.0.1:3142";', {})).to.deep.equal([
      'Acquire::http::Proxy "http://host.containers.internal:3142";',
    ]);
  });
});
