#!/usr/bin/python3
"""Writes edits.json: what Ansible's own blockinfile, replace and ini_file (Debian package ansible) make of texts and arguments.

    /usr/bin/python3 test/tasks/oracle/make-edits.py > test/tasks/oracle/edits.json
"""
import itertools
import json
import os
import random
import tempfile
from unittest import mock

from ansible.modules import blockinfile, replace
from ansible_collections.community.general.plugins.modules import ini_file


class Done(Exception):
    pass


class Module:
    check_mode = False
    _diff = False
    tmpdir = tempfile.mkdtemp()
    given = {}

    def __init__(self, argument_spec, **_):
        self.params = {"unsafe_writes": False}
        for name, spec in argument_spec.items():
            self.params[name] = self.given.get(name, spec.get("default"))

    def boolean(self, value):
        return bool(value)

    def atomic_move(self, src, dest, unsafe_writes=False):
        os.replace(src, dest)

    def load_file_common_arguments(self, params):
        return {}

    def set_fs_attributes_if_different(self, args, changed, diff=None):
        return changed

    set_file_attributes_if_different = set_fs_attributes_if_different

    def exit_json(self, **result):
        raise Done(result)

    def fail_json(self, **result):
        raise Done({"failed": True, **result})


def run(which, text, args):
    path = os.path.join(Module.tmpdir, "file")
    with open(path, "wb") as f:
        f.write(text.encode())
    Module.given = {"path": path, **args}
    with mock.patch.object(which, "AnsibleModule", Module):
        try:
            which.main()
        except Done as done:
            result = done.args[0]
    with open(path, "rb") as f:
        return [f.read().decode(), result["changed"], result["msg"]]


random.seed(2)
cases = []
texts = ["", "a\n", "a", "a\nb\nc\n", "x\r\nb\r\n", "one\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK\ntwo\n",
         "# END ANSIBLE MANAGED BLOCK\n1\n# BEGIN ANSIBLE MANAGED BLOCK\n2", "# BEGIN ANSIBLE MANAGED BLOCK\nnever ended\n"]
places = [{}, {"insertafter": "EOF"}, {"insertbefore": "BOF"}, {"insertafter": "^a"}, {"insertbefore": "^(b|two)"}, {"insertafter": "none"}, {"insertbefore": "none"},
          {"insertafter": "(?m)^b\\nc"}, {"insertbefore": "(?m)^b\\nc"}]
blocks = [{"block": "new\nlines"}, {"block": "old\n"}, {"block": ""}, {"state": "absent"}, {"block": "x", "marker": "<!-- {mark} it -->", "marker_begin": "open", "marker_end": "close"}]
for text, place, block in itertools.product(texts, places, blocks):
    cases.append(("blockinfile", blockinfile, text, {**place, **block}))

texts = ["a=1\nb=2\na=3\n", "", "one two\nthree", "start\nx\ny\nend\nx\n", "xaxbx"]
edits = [{"regexp": "^a=(.*)$", "replace": "a=<\\1>"}, {"regexp": "x"}, {"regexp": "x*", "replace": "-"}, {"regexp": "(?P<w>\\w+) (\\w+)", "replace": "\\2 \\g<w>"},
         {"regexp": "nothing", "replace": "y"}, {"regexp": "^", "replace": "> "}, {"regexp": "\\s+$"}, {"regexp": "a", "replace": "\\n"}]
sections = [{}, {"after": "start"}, {"before": "end"}, {"after": "start\\n", "before": "end"}, {"after": "nowhere"}]
for text, edit, section in itertools.product(texts, edits, sections):
    cases.append(("replace", replace, text, {**edit, **section}))

texts = ["", "[a]\nx = 1\n", "[a]\nx=1\nx=2\n# x = 3\n\n[b]\ny = 1", "top = 1\n[a]\n;x=9\n\n", "[a]\n[b]\nx = 1\n", "; note\n\n[a b]\nx\n", "x = 1\n"]
sections = [{"section": "a"}, {"section": "b"}, {"section": "new"}, {}]
options = [{"option": "x", "value": "1"}, {"option": "x", "value": "5"}, {"option": "x", "values": ["2", "7"]}, {"option": "x", "values": ["1", "2"], "exclusive": False},
           {"option": "z", "value": "", "no_extra_spaces": True}, {"option": "x", "allow_no_value": True}, {"allow_no_value": True}, {"option": "x", "state": "absent"},
           {"option": "x", "value": "1", "state": "absent", "exclusive": False}, {"state": "absent"}]
for text, section, option in itertools.product(texts, sections, options):
    # Without section and option ini_file removes the heading of the first section, whatever it is: a bug that tsrun does not have.
    if section or option != {"state": "absent"}:
        cases.append(("ini_file", ini_file, text, {**section, **option}))

by_name = {}
for case in cases:
    by_name.setdefault(case[0], []).append(case)
chosen = [case for name in by_name for case in random.sample(by_name[name], min(200, len(by_name[name])))]
print(json.dumps([{"module": n, "text": t, "args": a, "expect": run(m, t, a)} for n, m, t, a in chosen], separators=(",", ":")).replace('},{"module"', '},\n{"module"'))
