#!/usr/bin/python3
"""Writes lineinfile.json: what Ansible's own lineinfile (Debian package ansible-core) makes of texts and arguments.

    /usr/bin/python3 test/tasks/oracle/make-lineinfile.py > test/tasks/oracle/lineinfile.json
"""
import itertools
import json
import os
import random
import tempfile

from ansible.modules import lineinfile


class Done(Exception):
    pass


class Module:
    check_mode = False
    _diff = False
    tmpdir = tempfile.mkdtemp()

    def __init__(self, params):
        self.params = {"validate": None, "unsafe_writes": False, **params}

    def atomic_move(self, src, dest, unsafe_writes=False):
        os.replace(src, dest)

    def load_file_common_arguments(self, params):
        return {}

    def set_fs_attributes_if_different(self, args, changed, diff=None):
        return False

    def exit_json(self, **result):
        raise Done(result)

    def fail_json(self, **result):
        raise Done({"failed": True, **result})


def run(text, args):
    path = os.path.join(Module.tmpdir, "file")
    with open(path, "wb") as f:
        f.write(text.encode())
    p = {"regexp": None, "search_string": None, "line": None, "insertafter": None, "insertbefore": None,
         "create": False, "backup": False, "backrefs": False, "firstmatch": False, "state": "present", **args}
    module = Module(p)
    try:
        if p["state"] == "present":
            after = p["insertafter"]
            if after is None and p["insertbefore"] is None:
                after = "EOF"
            lineinfile.present(module, path, p["regexp"], p["search_string"], p["line"], after, p["insertbefore"],
                               p["create"], p["backup"], p["backrefs"], p["firstmatch"])
        else:
            lineinfile.absent(module, path, p["regexp"], p["search_string"], p["line"], p["backup"])
    except Done as done:
        result = done.args[0]
    with open(path, "rb") as f:
        return f.read().decode(), result["changed"], result["msg"]


texts = ["", "a\n", "a", "a\nb\nc\n", "b=1\n#b=2\nb=3\n", "x\r\nb\r\n", "\n\n", "one two\nthree four\nb=1"]
finds = [{}, {"regexp": "^b"}, {"regexp": "^#?b=(.*)$"}, {"search_string": "b"}, {"regexp": "no such"}, {"regexp": "(\\w+) (?P<second>\\w+)"}]
places = [{}, {"insertafter": "EOF"}, {"insertafter": "BOF"}, {"insertbefore": "BOF"}, {"insertafter": "^a"}, {"insertbefore": "^(b|c)"}, {"insertafter": "nothing"},
          {"insertafter": "b"}, {"insertbefore": "e"}]
lines = ["b=9", "a", "new line", "c"]
cases = []
for text, find, place, line, first in itertools.product(texts, finds, places, lines, [False, True]):
    cases.append((text, {**find, **place, "line": line, **({"firstmatch": True} if first else {})}))
for text, find, line in itertools.product(texts, [f for f in finds if "regexp" in f], ["\\1!", "b=\\g<1>", "plain", "\\g<0>x"]):
    if "(" in find["regexp"] or "\\1" not in line and "<1>" not in line:
        cases.append((text, {**find, "line": line, "backrefs": True}))
absent = [(text, {"state": "absent", **find, **({} if find else {"line": "b"})}) for text, find in itertools.product(texts, finds)]
random.seed(1)
chosen = random.sample(cases, 420) + absent
print(json.dumps([{"text": t, "args": a, "expect": run(t, a)} for t, a in chosen], indent=None, separators=(",", ":")).replace('},{"text"', '},\n{"text"'))
