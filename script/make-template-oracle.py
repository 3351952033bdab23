#!/usr/bin/python3
"""Asks real Ansible (Debian: ansible-core, python3-jmespath) what templates evaluate to, and writes the answers for test/template/oracle.test.ts.

usage: script/make-template-oracle.py        (rewrites test/template/oracle/*.json)

Expressions are evaluated natively, without the literal_eval that Ansible dropped in 2.19. Templates are rendered as the `template`
module does. A case's answer is Python's repr, so that 1, 1.0, True and '1' stay apart; an error is only marked as one.
"""

import json
import os
import re
import sys

os.environ["TZ"] = "UTC"

import jmespath
from ansible.parsing.dataloader import DataLoader
from ansible.template import AnsibleNativeEnvironment, Templar
from ansible.utils.unsafe_proxy import AnsibleUnsafe
from jinja2 import DictLoader
from jinja2.runtime import Undefined

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test", "template", "oracle")


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def write(name, value):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")


def plain(value):
    """Ansible's own text classes print like str, but dict views and generators need unrolling."""
    if isinstance(value, Undefined):
        raise ValueError("undefined")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, (list, type({}.keys()), type({}.values()), type({}.items()), range)):
        return [plain(item) for item in value]
    return value


def show(value):
    value = plain(value)
    return str(value) if type(value).__module__ == "datetime" else repr(value)


def expressions(variables):
    templar = Templar(loader=DataLoader(), variables=variables)
    native = templar.copy_with_new_env(environment_class=AnsibleNativeEnvironment)
    native.environment.globals.update(
        lookup=native._lookup, query=native._query_lookup, q=native._query_lookup, now=native._now_datetime
    )
    # All that `community.general.json_query` does.
    native.environment.filters["json_query"] = lambda value, query: jmespath.search(query, value)
    # The optimizer writes infinity into the code that it generates as a bare name.
    native.environment.optimized = False
    scope = {**native.environment.globals, **variables}
    topic, cases = "", []
    for line in read("expressions.txt").split("\n"):
        if line.startswith("# "):
            topic = line[2:]
        elif line:
            case = {"topic": topic, "expression": line}
            try:
                compiled = native.environment.compile_expression(line, undefined_to_none=False)
                case["value"] = show(compiled(**scope))
            except Exception as error:  # noqa: BLE001 - any error is an answer
                case["error"] = f"{type(error).__name__}: {error}".split("\n")[0][:120]
            cases.append(case)
    return cases


def templates(variables):
    parts = re.split(r"^=== (.*)\n", read("templates.txt"), flags=re.M)[1:]
    sources = {name: text for name, text in zip(parts[::2], parts[1::2])}
    # A trailing backslash line keeps a template from ending in a line break.
    sources = {name: text[:-2] if text.endswith("\\\n") else text for name, text in sources.items()}
    cases = []
    for name, text in sources.items():
        if name.startswith("_"):
            continue
        templar = Templar(loader=DataLoader(), variables=variables)
        templar.environment.loader = DictLoader(sources)
        if "(loopcontrols)" in name:
            templar.environment.add_extension("jinja2.ext.loopcontrols")
            templar.environment.add_extension("jinja2.ext.do")
        case = {"name": name, "template": text}
        try:
            case["text"] = templar.template(text, convert_data=False, escape_backslashes=False, preserve_trailing_newlines=True)
        except Exception as error:  # noqa: BLE001
            case["error"] = f"{type(error).__name__}: {error}".split("\n")[0][:120]
        cases.append(case)
    return {"files": {name: text for name, text in sources.items() if name.startswith("_")}, "cases": cases}


def main():
    variables = json.loads(read("variables.json"))
    answers = expressions(variables)
    write("expressions.json", answers)
    rendered = templates(variables)
    write("templates.json", rendered)
    print(f"{len(answers)} expressions, {len(rendered['cases'])} templates")


if __name__ == "__main__":
    sys.exit(main())
