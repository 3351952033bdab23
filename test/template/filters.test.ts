import { expect } from "chai";
import { createEnvironment } from "../../src/template/builtins.ts";
import type { Environment } from "../../src/template/environment.ts";
import { repr } from "../../src/template/python-repr.ts";
import { describeError, evaluate, render } from "./support.ts";

const show = (text: string, variables = {}, env?: Environment): string => repr(evaluate(text, variables, env));

describe("template: filters and tests beyond the oracle", () => {
  it("ipaddr, ipv4, ipv6: the documented examples of ansible.utils", () => {
    const addresses =
      "['192.24.2.1', 'host.fqdn', '::1', '192.168.32.0/24', 'fe80::100/10', true, '', '42540766412265424405338506004571095040/64']";
    const cases: Readonly<Record<string, string>> = {
      "'192.0.2.1' | ansible.utils.ipaddr": "'192.0.2.1'",
      "'not an ip' | ipaddr": "False",
      [`${addresses} | ipv4`]: "['192.24.2.1', '192.168.32.0/24']",
      [`${addresses} | ipv6`]: "['::1', 'fe80::100/10']",
      "'192.0.2.1/24' | ipaddr('address')": "'192.0.2.1'",
      "'192.0.2.1/24' | ipaddr('network')": "'192.0.2.0'",
      "'192.0.2.1/24' | ipaddr('netmask')": "'255.255.255.0'",
      "'192.0.2.1/24' | ipaddr('prefix')": "24",
      "'192.0.2.1/24' | ipaddr('broadcast')": "'192.0.2.255'",
      "'192.0.2.0/24' | ipaddr('net')": "'192.0.2.0/24'",
      "'192.0.2.1/24' | ipaddr('net')": "False",
      "'192.0.2.1/24' | ipaddr('subnet')": "'192.0.2.0/24'",
      "'192.0.2.1/24' | ipaddr('host/prefix')": "'192.0.2.1/24'",
      "'192.0.2.0/24' | ipaddr('size')": "256",
      "'192.0.2.0/24' | ipaddr(1)": "'192.0.2.1/24'",
      "'192.0.2.0/24' | ipaddr('-1')": "'192.0.2.255/24'",
      "'192.0.2.1/24' | ipaddr('192.0.0.0/8')": "'192.0.2.1/24'",
      "'10.0.0.1' | ipaddr('192.0.0.0/8')": "False",
      "['10.0.0.1', '8.8.8.8'] | ipaddr('private')": "['10.0.0.1']",
      "['10.0.0.1', '8.8.8.8'] | ipaddr('public')": "['8.8.8.8']",
      "'192.0.2.1' | ipaddr('revdns')": "'1.2.0.192.in-addr.arpa.'",
      "'192.0.2.1' | ipaddr('int')": "3221225985",
      "3221225985 | ipaddr": "'192.0.2.1'",
      "'192.0.2.0/24' | ipaddr('range_usable')": "'192.0.2.1-192.0.2.254'",
      "'192.0.2.0/24' | ipaddr('first_usable')": "'192.0.2.1'",
      "'10.1.2.3/255.255.0.0' | ipaddr('prefix')": "16",
      "'::1' | ipwrap": "'[::1]'",
      "'2001:db8::/32' | ipaddr('netmask')": "'ffff:ffff::'",
      "'2001:0db8:0000:0000:0000:0000:0000:0001/64' | ipaddr('address')": "'2001:db8::1'",
      "'192.168.144.5/16' | ipsubnet(20)": "16",
      "'192.168.144.5/16' | ipsubnet(20, 0)": "'192.168.0.0/20'",
      "'192.168.144.5/16' | ipsubnet(20, -1)": "'192.168.240.0/20'",
      "'192.168.144.5' | ipsubnet(20)": "'192.168.144.0/20'",
      "'192.168.1.5' | ipmath(5)": "'192.168.1.10'",
      "['192.168.0.0/24', '192.168.1.0/24'] | cidr_merge": "['192.168.0.0/23']",
      "'192.168.0.0/24' | network_in_network('192.168.0.10/32')": "True",
      "'1a:2b:3c:4d:5e:6f' | hwaddr('cisco')": "'1a2b.3c4d.5e6f'",
    };
    for (const [text, value] of Object.entries(cases)) expect(show(text), text).to.equal(value);
  });

  it("filters of collections that roles use", () => {
    expect(show("'a,b' | ansible.builtin.split(',')")).to.equal("['a', 'b']");
    expect(show("[['a', 1]] | community.general.dict")).to.equal("{'a': 1}");
    expect(show("[{'a': 1, 'b': 2}] | ansible.utils.keep_keys(target=['a'])")).to.equal("[{'a': 1}]");
    expect(show("[{'n': 1, 'a': 1}] | community.general.lists_mergeby([{'n': 1, 'b': 2}], 'n')")).to.equal(
      "[{'n': 1, 'a': 1, 'b': 2}]",
    );
  });

  it("names unknown filters and tests, with a suggestion", () => {
    expect(describeError(() => evaluate("1 | to_jsn"))).to.equal(
      "E_UNKNOWN_FILTER expression:1:5: unknown filter `to_jsn` (did you mean `to_json`?)",
    );
    expect(describeError(() => evaluate("1 is defned"))).to.equal(
      "E_UNKNOWN_TEST expression:1:6: unknown test `defned` (did you mean `defined`?)",
    );
    expect(describeError(() => evaluate("[1] | map('uper') | list"))).to.equal(
      "E_UNKNOWN_FILTER expression:1:7: unknown filter `uper` (did you mean `upper`?)",
    );
  });

  it("explains wrong arguments and types", () => {
    const cases: Readonly<Record<string, string>> = {
      "'a' | replace('x')": "E_TEMPLATE expression:1:7: missing argument `new`",
      "[1] | join(',', 'x', 'y')": "E_TEMPLATE expression:1:7: expected at most 2 arguments, got 3",
      "'a' | upper(x=1)": "E_TEMPLATE expression:1:7: unknown argument `x` (it takes no arguments)",
      "[1] | sort(revers=true)":
        "E_TEMPLATE expression:1:7: unknown argument `revers` (it takes `reverse`, `case_sensitive`, `attribute`)",
      "'1' + 2":
        'E_TEMPLATE expression:1:1: `+` does not work on the string "1" and the number 2 (join text with `~`, or convert with `| int` to add numbers)',
      "3 + 1 / 0": "E_TEMPLATE expression:1:5: division by zero",
      "'10' > 9":
        'E_TEMPLATE expression:1:1: the string "10" and the number 9 cannot be put in order (convert one of them with `| int` or `| string`)',
      "5 | length": "E_TEMPLATE expression:1:5: the number 5 has no length",
      "{'a': 1} | combine([1], 2)": "E_TEMPLATE expression:1:12: `combine` needs a dict, got the number 1",
      "'(' | regex_search('a(')": "E_REGEX expression:1:7: invalid regular expression `a(`: Unterminated group",
      "'x' is version('a', '>>')":
        'E_TEMPLATE expression:1:8: unknown operator the string ">>" (it is one of ==, =, eq, !=, <>, ne, <, lt, <=, le, >, gt, >=, ge)',
      "'{' | from_json": "E_TEMPLATE expression:1:7: the text is no JSON: expected a string at character 2",
      "now().nosuch()": "E_TEMPLATE expression:1:1: `now` is not available here",
      "{'a': 1}.keys":
        "E_TEMPLATE expression:1:1: `keys` is a function here (call it: `keys()`; for a key of that name write `['keys']`)",
      "'x' ~ 'y'.upper":
        "E_TEMPLATE expression:1:1: `upper` is a function here (call it: `upper()`; for a key of that name write `['upper']`)",
      "5-port":
        "E_UNDEFINED expression:1:3: `port` is undefined (`-` means minus here; a key with a dash is written `['…-port']`)",
      "'a'()": "E_TEMPLATE expression:1:1: `'a'` is the string \"a\": it cannot be called",
    };
    for (const [text, message] of Object.entries(cases))
      expect(
        describeError(() => evaluate(text)),
        text,
      ).to.equal(message);
  });

  it("takes the clock and randomness from the environment", () => {
    const env = createEnvironment({
      now: () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
      random: () => 0.5,
      randomBytes: (count) => new Uint8Array(count).fill(1),
    });
    expect(show("now(utc=true)", {}, env)).to.equal("2026-01-02 03:04:05");
    expect(show("now(true, '%Y/%j')", {}, env)).to.equal("'2026/002'");
    expect(show("'{:%d.%m.}'.format(now(utc=true))", {}, env)).to.equal("'02.01.'");
    expect(show("[1, 2, 3] | random", {}, env)).to.equal("2");
    expect(show("10 | random(start=4, step=2)", {}, env)).to.equal("6");
    expect(show("'x' | password_hash('md5')", {}, env)).to.match(/^'\$1\$\/{8}\$/);
  });

  it("knows fewer things without an environment", () => {
    expect(describeError(() => evaluate("5 | random"))).to.contain("random values are not available here");
    expect(describeError(() => evaluate("'x' is file"))).to.contain("tests of files are not available here");
    expect(describeError(() => evaluate("lookup('file', 'x')"))).to.contain("unknown lookup `file`");
    expect(describeError(() => evaluate("'x' | password_hash"))).to.contain("random salts are not available here");
  });

  it("folds the answers of lookups", () => {
    const env = createEnvironment({
      lookup: (name, args, named) => {
        if (name === "fail") throw new Error("boom");
        return [...args, ...named.values()];
      },
    });
    expect(show("lookup('x', 'a', 'b')", {}, env)).to.equal("'a,b'");
    expect(show("lookup('ansible.builtin.x', 5)", {}, env)).to.equal("5");
    expect(show("lookup('x', 1, 'b')", {}, env)).to.equal("[1, 'b']");
    expect(show("lookup('x')", {}, env)).to.equal("[]");
    expect(show("query('x', 'a', k='v')", {}, env)).to.equal("['a', 'v']");
    expect(show("lookup('fail', errors='ignore')", {}, env)).to.equal("None");
    expect(show("query('fail', errors='ignore')", {}, env)).to.equal("[]");
    expect(show("lookup('x', nope) | default('d')", {}, env)).to.equal("'d'");
    expect(() => evaluate("lookup('fail')", {}, env)).to.throw("boom");
    expect(show("lookup('vars', 'a' ~ 'b')", { ab: 7 }, env)).to.equal("7");
    expect(show("lookup('vars', 'no', default=3)", {}, env)).to.equal("3");
    expect(show("query('varnames', '^a.+', 'z$')", { ab: 1, b: 2, az: 3 }, env)).to.equal("['ab', 'az', 'az']");
  });

  it("asks the environment for files", () => {
    const files = {
      kind: (path: string) =>
        (path === "/etc" ? "directory" : path === "/etc/hosts" ? "file" : undefined) as
          | "directory"
          | "file"
          | undefined,
      isLink: () => false,
      isMount: (path: string) => path === "/",
      isSame: (a: string, b: string) => a === b,
      realpath: (path: string) => `/real${path}`,
    };
    const env = createEnvironment({ files, home: () => "/root", environ: (name) => (name === "X" ? "x" : undefined) });
    expect(
      show(
        "['/etc' is directory, '/etc/hosts' is file, '/no' is exists, '/' is mount, '/a' is same_file('/a')]",
        {},
        env,
      ),
    ).to.equal("[True, True, False, True, True]");
    expect(show("['~/a' | expanduser, '$X/${X}/$Y' | expandvars, '/a' | realpath]", {}, env)).to.equal(
      "['/root/a', 'x/x/$Y', '/real/a']",
    );
  });

  it("encrypts and opens vault text through the environment", () => {
    const env = createEnvironment({
      vault: {
        encrypt: (text, secret) => `$ANSIBLE_VAULT;${secret};${text}`,
        decrypt: (text) => text.split(";").at(-1) as string,
      },
    });
    expect(show("'plain' | vault('pw')", {}, env)).to.equal("'$ANSIBLE_VAULT;pw;plain'");
    expect(show("'$ANSIBLE_VAULT;pw;plain' | unvault('pw')", {}, env)).to.equal("'plain'");
    expect(show("'no vault' | unvault('pw')", {}, env)).to.equal("'no vault'");
  });

  it("renders dates with the calendar's edge cases", () => {
    expect(render("{{ '%G-W%V-%u' | strftime(1609459200, utc=true) }}")).to.equal("2020-W53-5");
    expect(
      render("{{ (('2024-03-01' | to_datetime('%Y-%m-%d')) - ('2024-02-01' | to_datetime('%Y-%m-%d'))).days }}"),
    ).to.equal("29");
    expect(describeError(() => evaluate("'x' | to_datetime"))).to.contain(
      'the date "x" does not match the format `%Y-%m-%d %H:%M:%S`',
    );
  });
});
