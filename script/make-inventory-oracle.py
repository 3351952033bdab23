#!/usr/bin/env python3
"""Writes test/inventory/oracle/ansible-inventory.json: what Ansible makes of inventories.

Run where ansible-core is installed:  python3 script/make-inventory-oracle.py

Each case is a set of files, the `-i` sources and host patterns. The answers are `ansible-inventory --list` (groups, and the
variables of every host after the merge of all layers), what it prints in each of its forms, and `ansible --list-hosts` for each pattern.
"""
import json
import os
import pathlib
import stat
import subprocess
import tempfile

YAML_TREE = """
all:
  vars: {level: all, port: 1}
  hosts:
    lone:
    web1: {port: 9, own: web1}
  children:
    web:
      hosts:
        web[1:3]:
          shared: yes
      vars: {level: web, port: 2}
    db:
      children:
        primary:
          hosts: {db1: {}}
        replica:
          hosts: {"db[2:3].example.org": }
          vars: {level: replica}
      vars: {level: db, port: 3}
    prod:
      children: {web: , db: }
      vars: {level: prod, env: prod}
"""

INI = """
# comment
lone ansible_host=192.0.2.1
[web]
web[01:03] port=80 flag=True text=yes mode=0644 quoted="a b" list="['x', 1]" dict="{'k': 2}" neg=-3 float=1.5 none=None
web9:2222 user='me' # comment
web4 hash=a#b sci=1e3 tuple="(1, 2)" expr=1+2 big=12345678901234567890 hex=0x1F under=1_000
[web:vars]
port=8080
name = with spaces
number=5 # five
literal=[1, "two", {'three': 3.0}]
empty=
equals=a=b=c
quoted_text="quoted text"
single='single'
bool=false
[db]
db-[a:c]
10.0.0.[1:3]
[fe80::1]:22
[prod:children]
web
db
[prod:vars]
env=prod
port=1
[empty]
"""

PRIORITY = """
all:
  children:
    a: {hosts: {h: }, vars: {x: a, ansible_group_priority: 10}}
    b: {hosts: {h: }, vars: {x: b}}
    c: {hosts: {h: }, vars: {y: c}}
    d: {children: {e: {hosts: {h: }, vars: {z: e, y: e}}}, vars: {z: d}}
"""

SCRIPT = """#!/bin/sh
cat <<'EOF'
{"web": {"hosts": ["s1", "s2"], "vars": {"a": "{{ no_template }}"}, "children": ["sub"]},
 "sub": ["s3"], "alone": {"x": 1},
 "_meta": {"hostvars": {"s1": {"b": 1, "c": [1, {"d": null}]}}}}
EOF
"""

CONSTRUCTED = """
plugin: constructed
strict: false
compose:
  label: name_part ~ "-" ~ number
  missing: not_there
groups:
  big: number > 1
  named: name_part is defined
keyed_groups:
  - key: kind
    prefix: kind
  - key: tags
  - key: sizes
    prefix: size
    separator: ""
  - key: kind
    parent_group: kinds
"""

GENERATOR = """
plugin: generator
hosts:
  name: "{{ operation }}_{{ application }}_{{ environment }}_runner"
  parents:
    - name: "{{ operation }}_{{ application }}_{{ environment }}"
      parents:
        - name: "{{ operation }}_{{ application }}"
          parents: [{name: "{{ operation }}"}, {name: "{{ application }}"}]
        - name: "{{ application }}_{{ environment }}"
          vars: {environment: "{{ environment }}"}
    - name: runner
layers:
  operation: [build, launch]
  environment: [dev, prod]
  application: [web, api]
"""

TOML = """
[all.vars]
level = "all"

[web]
children = ["apache", "nginx"]
vars = { http_port = 8080, myvar = 23, text = "{{ level }}" }

[web.hosts]
host1 = {}
host2 = { ansible_port = 222 }
"node[1:2].x" = { n = 1.5, on = true }

[apache.hosts]
tomcat1 = {}
tomcat2 = { myvar = 34, mysecret = "03#pa33w0rd", list = [1, 2], dict = { b = "x" } }

[nginx.hosts]
jenkins1 = {}

[nginx.vars]
has_java = true

[g1]
[g2.hosts]
host4 = {}
"""

DEEP = """
all:
  children:
    top:
      vars: {a: top, b: top, c: top, list: [1, {x: [2, y]}], empty: {}, none: , text: "\\"q\\" ü", float: 1.0, big: 12345678901234567890}
      children:
        mid1: {vars: {b: mid1, c: mid1, ansible_group_priority: 5}, children: {leaf: }}
        mid2: {vars: {b: mid2, c: mid2}, children: {leaf: }}
    leaf: {hosts: {x1: {h: 1}, x2: }, vars: {c: leaf, b: leaf}}
    other: {hosts: {x2: , "y[a:c]": }}
    nothing:
  hosts: {z: {ansible_host: 10.0.0.1}}
"""

UNSAFE = """
all:
  hosts:
    v:
      raw: !unsafe "{{ x }}"
      template: "{{ y }}"
"""

CASES = [
    {
        "name": "a tree in YAML",
        "files": {"hosts.yml": YAML_TREE},
        "sources": ["hosts.yml"],
        "patterns": [
            "all", "*", "web", "web:db", "web,db1", "db:&prod", "prod:!db", "!web", "&web", "web1", "web*", "*.example.org", "db?*",
            "~(web|db)[12]", "~web", "web[0]", "web[-1]", "web[0:1]", "web[1:]", "prod[2:3]", "web[0],db[0]", "ungrouped", "lone",
            "web:!web[0]", "all:!ungrouped", "[wd]*", "replica:primary", "localhost", "127.0.0.1", "prod:&*2*", "web1:web1:web2",
            "!web1:all", "db[2:3].example.org",
        ],
    },
    {"name": "an INI file", "files": {"hosts": INI}, "sources": ["hosts"], "patterns": ["all", "prod", "web:!web9", "10.*", "db-*", "empty"]},
    {"name": "priority and depth", "files": {"hosts.yml": PRIORITY}, "sources": ["hosts.yml"], "patterns": ["e"]},
    {
        "name": "a host list",
        "files": {},
        "sources": ["a,b:23, c[1:2].x,"],
        # Ranges need a plugin that Ansible has, but does not enable.
        "env": {"ANSIBLE_INVENTORY_ENABLED": "advanced_host_list"},
        "patterns": ["all", "a:b"],
    },
    {
        "name": "variables beside the inventory",
        "files": {
            "inv/hosts.yml": YAML_TREE,
            "inv/group_vars/all.yml": "level: file_all\nfrom_all: 1\n",
            "inv/group_vars/web/a.yml": "level: file_web\na: 1\n",
            "inv/group_vars/web/b.yaml": "a: 2\nb: 2\n",
            "inv/group_vars/web/ignored.txt": "a: 3\n",
            "inv/group_vars/web/.hidden.yml": "a: 4\n",
            "inv/group_vars/prod": "env: file_prod\nlevel: file_prod\n",
            "inv/group_vars/db.json": '{"json": true, "level": "file_db"}',
            "inv/host_vars/web1.yml": "own: file\n",
            "inv/host_vars/db2.example.org.yml": "own: dots\n",
        },
        "sources": ["inv/hosts.yml"],
        "patterns": [],
    },
    {
        "name": "several sources",
        "files": {
            "one/hosts": "[web]\na x=1 y=1\n[web:vars]\nv=1\n",
            "one/group_vars/web.yml": "f: one\ng: one\n",
            "two/hosts": "[web]\na x=2\nb\n[web:vars]\nv=2\n",
            "two/group_vars/all.yml": "f: two\nh: two\n",
        },
        "sources": ["one/hosts", "two/hosts"],
        "patterns": ["web"],
    },
    {
        "name": "a directory",
        "files": {
            "inv/01-hosts": "[web]\na x=1\n",
            "inv/02-more.yml": "web: {hosts: {b: {x: 2}, a: {x: 3}}}\n",
            "inv/notes.txt": "nothing\n",
            "inv/old.ini": "[web]\nold\n",
            "inv/.hidden": "[web]\nhidden\n",
            "inv/backup~": "[web]\nbackup\n",
            "inv/group_vars/web.yml": "g: 1\n",
            "inv/sub/hosts": "[db]\nc\n",
        },
        "sources": ["inv"],
        "patterns": ["web", "all"],
    },
    {"name": "a program", "files": {"inv.sh": SCRIPT}, "executable": ["inv.sh"], "sources": ["inv.sh"], "patterns": ["web", "all"]},
    {
        "name": "the constructed plugin",
        "files": {
            "1.yml": "all: {hosts: {a: {name_part: n, number: 1, kind: x y, tags: [t1, t2]}, b: {number: 2, kind: z, sizes: {s: 1}}}}\n",
            "2.yml": CONSTRUCTED,
        },
        "sources": ["1.yml", "2.yml"],
        "env": {"ANSIBLE_INVENTORY_ENABLED": "host_list,script,constructed,yaml,ini"},
        "patterns": ["all"],
    },
    {
        "name": "a file in TOML",
        "files": {"hosts.toml": TOML},
        "sources": ["hosts.toml"],
        # The ini plugin, which is asked before, leaves a group `all.vars` behind.
        "env": {"ANSIBLE_INVENTORY_ENABLED": "toml"},
        "patterns": ["web", "all:!web", "g1", "node*"],
    },
    {
        "name": "groups in several parents",
        "files": {
            "inv/hosts.yml": DEEP,
            "inv/group_vars/mid2.yml": "b: file_mid2\nd: file_mid2\n",
            "inv/group_vars/all/1.yml": "a: file_all\nd: file_all\n",
            "inv/group_vars/ungrouped.yml": "u: 1\n",
            "inv/host_vars/x1/a.yml": "h: 2\nk: [1]\n",
        },
        "sources": ["inv/hosts.yml"],
        "patterns": [
            "top", "leaf:other", "leaf:&other", "leaf:!other", "x1,x2", "x[12]", "y[ac]", "top[0]", "top[-1:]", "all[1:3]", "~^[xy].$", "mid1,!x2",
            "&leaf,other", "!leaf,all", "leaf:other:!y?", "x1[0]", "*[0]", "other[1]", "nothing", "other[-2:]", "~mid[12]", "z:x1:ya", "all:&~y",
        ],
    },
    {"name": "unsafe values", "files": {"hosts.yml": UNSAFE}, "sources": ["hosts.yml"], "patterns": []},
    {
        "name": "the generator plugin",
        "files": {"g.yml": GENERATOR},
        "sources": ["g.yml"],
        "env": {"ANSIBLE_INVENTORY_ENABLED": "generator,yaml"},
        "patterns": ["runner", "build_web"],
    },
]


def run(arguments, directory, environment):
    settings = {
        "ANSIBLE_CONFIG": directory + "/.empty.cfg",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "HOME": directory,
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        **environment,
    }
    done = subprocess.run(arguments, cwd=directory, env=settings, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{arguments}: {done.stderr}")
    return done.stdout


def answer(case):
    with tempfile.TemporaryDirectory() as directory:
        for name, text in case["files"].items():
            path = pathlib.Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if name in case.get("executable", []):
                path.chmod(path.stat().st_mode | stat.S_IXUSR)
        pathlib.Path(directory, ".empty.cfg").touch()
        sources = [part for source in case["sources"] for part in ("-i", source)]
        environment = case.get("env", {})
        listed = json.loads(run(["ansible-inventory", *sources, "--list"], directory, environment))
        hostvars = listed.pop("_meta")["hostvars"]
        patterns = {}
        for pattern in case["patterns"]:
            lines = run(["ansible", *sources, pattern, "--list-hosts"], directory, environment).splitlines()[1:]
            patterns[pattern] = [line.strip() for line in lines]
        texts = {
            " ".join(arguments): run(["ansible-inventory", *sources, *arguments], directory, environment)
            for arguments in (["--list"], ["--list", "--export"], ["--graph"], ["--graph", "--vars"])
        }
        answers = {"groups": listed, "hostvars": hostvars, "patterns": patterns, "texts": texts}
        return {key: case[key] for key in ("name", "files", "sources")} | {"executable": case.get("executable", [])} | answers


def main():
    target = pathlib.Path(__file__).resolve().parent.parent / "test/inventory/oracle/ansible-inventory.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8") as file:
        json.dump([answer(case) for case in CASES], file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
