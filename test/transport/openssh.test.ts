import { expect } from "chai";
import { connectionSettings } from "../../src/transport/connection-settings.ts";
import { OpensshTransport, sshArguments } from "../../src/transport/openssh.ts";
import { loginShellCommand } from "../../src/transport/transport.ts";

const settings = (vars: Record<string, unknown>) =>
  connectionSettings((name) => ({ ansible_connection: "openssh", ...vars })[name], "web1");

describe("the system's ssh", () => {
  it("gets inventory before arguments, and the host as the last word", () => {
    const words = sshArguments(
      settings({ ansible_user: "jo", ansible_port: 5, ansible_ssh_common_args: "-o 'ProxyCommand nc %h' -A" }),
    );
    expect(words.slice(-9)).to.deep.equal(["-p", "5", "-l", "jo", "-o", "ProxyCommand nc %h", "-A", "--", "web1"]);
    expect(words).to.include("BatchMode=yes");
    expect(() => sshArguments(settings({ ansible_host: "-oProxyCommand=id" }))).to.throw("starts with a dash");
  });

  it("cannot be given a password", async () => {
    const error = await new OpensshTransport(settings({ ansible_password: "x" }))
      .connect()
      .catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "E_CONNECTION_VARIABLE" });
  });

  it("tells why it failed", () => {
    const transport = new OpensshTransport(settings({}));
    const codeFor = (stderr: string) => transport.explainEnd({ code: 255 }, stderr)?.code;
    expect(codeFor("jo@web1: Permission denied (publickey).")).to.equal("E_AUTHENTICATION");
    expect(codeFor("Host key verification failed.")).to.equal("E_HOST_KEY");
    expect(codeFor("ssh: connect to host web1 port 22: Connection refused")).to.equal("E_UNREACHABLE");
    expect(transport.explainEnd({ code: 1 }, "nologin")).to.equal(undefined);
  });
});

describe("a command for the login shell", () => {
  it("is quoted in the one way that sh, csh and fish share", () => {
    expect(loginShellCommand(["/bin/sh", "-c", 'echo "$x" && y'])).to.equal("/bin/sh -c 'echo \"$x\" && y'");
    for (const word of ["it's", "a\\b", "hey!", "a\nb"])
      expect(() => loginShellCommand([word])).to.throw("cannot be quoted");
  });
});
