import type { ModuleLaws } from "./law.ts";

const text = "probe() { stat -c '%n %a %U %G' *; head -n 50 *; }; probe";
const noSecret = "takes no secret";
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

/** Modules that write files. `$own` is the case's directory. */
export const fileModules: Readonly<Record<string, ModuleLaws>> = {
  acl: {
    cases: [
      {
        name: "an entry",
        args: { path: "$own/f", entity: "daemon", etype: "user", permissions: "rw", state: "present" },
        before: "echo 1 >f; chmod 600 f",
        probe: "getfacl -p f",
      },
      {
        name: "no entry of a tree",
        args: { path: "$own/d", entity: "daemon", etype: "user", state: "absent", recursive: true },
        before: "mkdir -p d/e; setfacl -R -m user:daemon:rx d",
        isGradual: true,
        probe: "getfacl -pR d",
      },
      {
        name: "a default",
        args: { path: "$own/d", entry: "default:group:daemon:rx", state: "present" },
        before: "mkdir d",
        probe: "getfacl -p d",
      },
    ],
    at: (path) => ({ path, entry: "user:daemon:r", state: "present" }),
    exempt: { modes: "gives rights beside the mode", secrets: noSecret },
  },
  assemble: {
    cases: [
      {
        name: "fragments",
        args: { src: "$own/parts", dest: "$own/whole", mode: "0640" },
        before: "mkdir parts; echo one >parts/1; echo two >parts/2; echo old >whole",
        probe: "stat -c '%a' whole; cat whole",
      },
    ],
    at: (path) => ({ src: "/srv/laws/parts", dest: path, mode: "0600" }),
    exempt: { secrets: "the content lies on the host already" },
  },
  blockinfile: {
    cases: [
      { name: "a new file", args: { path: "$own/f", block: "a\nb", create: true, mode: "0644" }, probe: text },
      {
        name: "before a line",
        args: { path: "$own/f", block: "a\nb", insertbefore: "^end" },
        before: "printf 'begin\\nend\\n' >f; chmod 600 f",
        probe: text,
      },
    ],
    at: (path) => ({ path, block: "a", create: true, mode: "0600" }),
    holding: { args: (secret) => ({ path: "$own/secret", block: secret, create: true, mode: "0600" }), isNoLog: true },
  },
  copy: {
    cases: [
      { name: "content", args: { content: "new\n", dest: "$own/f", mode: "0640", group: "daemon" }, probe: text },
      {
        name: "over another",
        args: { content: "new\n", dest: "$own/f", backup: false },
        before: "echo old >f; chmod 604 f",
        probe: text,
      },
      {
        name: "a big file",
        args: { src: "big.bin", dest: "$own/f", mode: "0600" },
        before: "head -c 150000 /dev/zero >f",
        probe: "stat -c %a f; sha256sum f",
      },
      { name: "a tree", args: { src: "tree/", dest: "$own/t", mode: "0644" }, probe: "find t | sort; cat t/sub/two" },
      {
        name: "on the host",
        args: { src: "$own/a", dest: "$own/b", remote_src: true, mode: "0600" },
        before: "echo a >a; echo b >b",
        probe: text,
      },
    ],
    at: (path) => ({ content: "new\n", dest: path, mode: "0600" }),
    holding: { args: (secret) => ({ content: secret, dest: "$own/secret", mode: "0600" }), isNoLog: true },
  },
  cron: {
    cases: [
      {
        name: "a job",
        args: { name: "law job", minute: "5", job: "true", user: "daemon" },
        before: "crontab -u daemon -r 2>/dev/null; :",
        probe: "crontab -l -u daemon 2>/dev/null; :",
      },
      {
        name: "a file",
        args: { name: "law job", special_time: "daily", job: "true", user: "root", cron_file: "laws" },
        before: "rm -f /etc/cron.d/laws",
        probe: "cat /etc/cron.d/laws 2>/dev/null; :",
      },
    ],
    named: (name) => ({ name, job: "true", minute: "5" }),
    holding: { args: (secret) => ({ name: "secret", job: `true ${secret}`, hour: "5" }), isNoLog: true },
    exempt: { planted: "writes below /etc and the spool, where only root may", modes: "modes are cron's" },
  },
  authorized_key: {
    cases: [
      {
        name: "a key",
        args: { user: "lawuser", key: `${key} law` },
        before: "rm -rf ~lawuser/.ssh",
        probe: "stat -c '%a %U' ~lawuser/.ssh/* 2>/dev/null; cat ~lawuser/.ssh/authorized_keys 2>/dev/null; :",
      },
      {
        name: "the only key",
        args: { user: "lawuser", key: `${key} law`, exclusive: true, path: "$own/keys", manage_dir: false },
        before: `echo 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== old' >keys; chmod 600 keys`,
        probe: text,
      },
    ],
    at: (path) => ({ user: "root", key: `${key} law`, path, manage_dir: false }),
    exempt: { secrets: noSecret },
  },
  file: {
    cases: [
      {
        name: "a directory",
        args: { path: "$own/a/b", state: "directory", mode: "0750" },
        probe: "find . -printf '%p %m\\n'",
      },
      {
        name: "a link",
        args: { src: "/etc/hostname", path: "$own/l", state: "link" },
        probe: "find . -printf '%p %l\\n'",
      },
      {
        name: "attributes",
        args: { path: "$own/f", owner: "daemon", group: "daemon", mode: "u=rw,g=r,o=" },
        before: "echo x >f",
        probe: text,
      },
      { name: "removal", args: { path: "$own/d", state: "absent" }, before: "mkdir d; echo x >d/x", probe: "find ." },
      {
        name: "a touch that keeps times",
        args: { path: "$own/f", state: "touch", modification_time: "preserve", access_time: "preserve", mode: "0600" },
        probe: "find . -printf '%p %m\\n'",
      },
      {
        name: "a tree",
        args: { path: "$own/d", state: "directory", recurse: true, owner: "daemon", mode: "u=rwX,g=,o=" },
        before: "mkdir -p d/e; echo x >d/e/x; echo y >'d/y y'",
        isGradual: true,
        probe: "find . -printf '%p %m %u\\n'",
      },
      {
        name: "a hard link",
        args: { src: "$own/f", path: "$own/h", state: "hard" },
        before: "echo x >f",
        probe: "find . -printf '%p %n\\n'",
      },
    ],
    at: (path) => ({ path, state: "touch", mode: "0600", modification_time: "preserve", access_time: "preserve" }),
    exempt: { secrets: noSecret },
  },
  get_url: {
    cases: [
      { name: "a download", args: { url: "http://127.0.0.1:8097/one", dest: "$own/f", mode: "0640" }, probe: text },
      {
        name: "another version",
        args: {
          url: "http://127.0.0.1:8097/one",
          dest: "$own/f",
          checksum: "sha256:2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806",
        },
        before: "echo old >f",
        probe: text,
      },
    ],
    at: (path) => ({ url: "http://127.0.0.1:8097/one", dest: path, mode: "0600" }),
    holding: {
      args: (secret) => ({
        url: "http://127.0.0.1:8097/one",
        dest: "$own/secret",
        url_username: "jo",
        url_password: secret,
        force_basic_auth: true,
      }),
      isNoLog: false,
    },
  },
  git: {
    cases: [
      {
        name: "a clone",
        args: { repo: "/srv/laws/repo.git", dest: "$own/w", version: "main" },
        probe: "cat w/one 2>/dev/null; :",
      },
      {
        name: "an update",
        args: { repo: "/srv/laws/repo.git", dest: "$own/w", version: "main" },
        before: "git clone -q -b first /srv/laws/repo.git w",
        probe: "cat w/one; git -C w rev-parse HEAD",
      },
    ],
    named: (name) => ({ repo: "/srv/laws/repo.git", dest: `$own/${name}`, version: "main" }),
    exempt: {
      planted: "git writes, by its own rules",
      modes: "git writes: modes are the umask's",
      secrets: "an address with a password is git's to keep",
      cut: "git's own commands; a torn clone is made anew",
    },
  },
  htpasswd: {
    cases: [
      {
        name: "a new file",
        args: { path: "$own/f", name: "anna", password: "law", mode: "0640", hash_scheme: "ldap_sha1" },
        probe: text,
      },
      {
        name: "another password",
        args: { path: "$own/f", name: "anna", password: "law", hash_scheme: "ldap_sha1" },
        before: "printf 'anna:x\\nberta:y\\n' >f; chmod 600 f",
        probe: text,
      },
      {
        name: "no user",
        args: { path: "$own/f", name: "anna", state: "absent" },
        before: "printf 'anna:x\\nberta:y\\n' >f",
        probe: text,
      },
    ],
    at: (path) => ({ path, name: "anna", password: "law", mode: "0600" }),
    holding: {
      args: (secret) => ({ path: "$own/secret", name: "anna", password: secret, mode: "0600" }),
      isNoLog: false,
    },
  },
  ini_file: {
    cases: [
      {
        name: "a new file",
        args: { path: "$own/f", section: "s", option: "o", value: "v", mode: "0640" },
        probe: text,
      },
      {
        name: "an option",
        args: { path: "$own/f", section: "s", option: "o", value: "v" },
        before: "printf '[s]\\no = w\\n' >f; chmod 600 f",
        probe: text,
      },
    ],
    at: (path) => ({ path, section: "s", option: "o", value: "v", mode: "0600" }),
    holding: {
      args: (secret) => ({ path: "$own/secret", section: "s", option: "o", value: secret, mode: "0600" }),
      isNoLog: true,
    },
  },
  known_hosts: {
    cases: [
      { name: "a key", args: { name: "law.example", key: `law.example ${key}`, path: "$own/f" }, probe: text },
      {
        name: "no key",
        args: { name: "law.example", state: "absent", path: "$own/f" },
        before: `echo 'law.example ${key}' >f`,
        probe: text,
      },
    ],
    at: (path) => ({ name: "law.example", key: `law.example ${key}`, path }),
    exempt: { secrets: noSecret },
  },
  lineinfile: {
    cases: [
      { name: "a new file", args: { path: "$own/f", line: "a b", create: true, mode: "0640" }, probe: text },
      {
        name: "another line",
        args: { path: "$own/f", regexp: "^a", line: "a c" },
        before: "printf 'a b\\nx\\n' >f; chmod 604 f",
        probe: text,
      },
      {
        name: "no line",
        args: { path: "$own/f", regexp: "^a", state: "absent" },
        before: "printf 'a b\\nx\\n' >f",
        probe: text,
      },
    ],
    at: (path) => ({ path, line: "a", create: true, mode: "0600" }),
    holding: { args: (secret) => ({ path: "$own/secret", line: secret, create: true, mode: "0600" }), isNoLog: true },
  },
  openssh_keypair: {
    cases: [
      {
        name: "a pair",
        args: { path: "$own/id", type: "ed25519", comment: "it's law" },
        probe: "stat -c '%n %a %U' *; cut -d ' ' -f 1,3- id.pub",
      },
      {
        name: "another kind",
        args: { path: "$own/id", type: "ecdsa", size: 384, mode: "0600" },
        before: "ssh-keygen -q -t ed25519 -N '' -f id",
        probe: "stat -c '%n %a %U' *; cut -d ' ' -f 1 id.pub",
      },
      {
        name: "no pair",
        args: { path: "$own/id", state: "absent" },
        before: "ssh-keygen -q -t ed25519 -N '' -f id",
        probe: "ls",
      },
    ],
    at: (path) => ({ path, type: "ed25519", mode: "0600", regenerate: "full_idempotence" }),
    holding: { args: (secret) => ({ path: "$own/secret", type: "ed25519", passphrase: secret }), isNoLog: false },
    exempt: { names: "makes a second file for each name: test/tasks/openssh_keypair.test.ts" },
  },
  pam_limits: {
    cases: [
      {
        name: "a limit",
        args: { domain: "law", limit_type: "soft", limit_item: "nofile", value: "100", dest: "$own/f" },
        before: "echo '* hard core 0' >f",
        probe: text,
      },
    ],
    at: (path) => ({ domain: "law", limit_type: "soft", limit_item: "nofile", value: "100", dest: path }),
    exempt: { secrets: noSecret },
  },
  pamd: {
    cases: [
      {
        name: "a rule",
        args: {
          name: "f",
          path: "$own",
          type: "session",
          control: "optional",
          module_path: "a.so",
          new_control: "required",
        },
        before: "echo 'session optional a.so' >f",
        probe: text,
      },
    ],
    exempt: {
      names: "a service's name has neither blanks nor slashes, and others are refused",
      planted: "services lie in a directory of root's",
      modes: "makes no file",
      secrets: noSecret,
    },
  },
  replace: {
    cases: [
      {
        name: "words",
        args: { path: "$own/f", regexp: "\\bold\\b", replace: "new" },
        before: "printf 'old bold\\nold\\n' >f; chmod 604 f",
        probe: text,
      },
    ],
    at: (path) => ({ path, regexp: "old", replace: "new", mode: "0600" }),
    holding: { args: (secret) => ({ path: "/srv/laws/replaced", regexp: "^.*$", replace: secret }), isNoLog: true },
  },
  template: {
    cases: [
      { name: "a new file", args: { src: "law.j2", dest: "$own/f", mode: "0640" }, probe: text },
      {
        name: "a validated change",
        args: { src: "law.j2", dest: "$own/f", validate: "grep -q law %s", owner: "daemon" },
        before: "echo old >f; chmod 600 f",
        probe: text,
      },
    ],
    at: (path) => ({ src: "law.j2", dest: path, mode: "0600" }),
    holding: { args: () => ({ src: "secret.j2", dest: "$own/secret", mode: "0600" }), isNoLog: true },
  },
  unarchive: {
    cases: [
      {
        name: "a tar",
        args: { src: "law.tar.gz", dest: "$own" },
        probe: "find . -printf '%p %m\\n'; cat bin/app 2>/dev/null; :",
      },
      {
        name: "of the host",
        args: { src: "/srv/laws/law.tar.gz", dest: "$own", remote_src: true, owner: "daemon" },
        probe: "find . -printf '%p %m %u\\n' | sort; cat bin/app 2>/dev/null; :",
      },
    ],
    named: (name) => ({ src: "law.tar.gz", dest: `$own/${name}` }),
    exempt: {
      planted: "names in it are the archive's, links out of it are refused",
      modes: "modes are the archive's",
      secrets: noSecret,
    },
  },
};
