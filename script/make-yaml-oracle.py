#!/usr/bin/env python3
"""Writes test/yaml/oracle/pyyaml.json: what PyYAML, which Ansible reads with, makes of scalars and small documents.

Run with Debian's python3-yaml:  python3 script/make-yaml-oracle.py
"""
import itertools
import json
import math
import pathlib

import yaml


class Loader(yaml.SafeLoader):
    """SafeLoader, with timestamps kept as they were written (as tsrun keeps them)."""


Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


def plain(value):
    """JSON that keeps what JSON loses: {"float": "1.0"}."""
    if isinstance(value, float):
        return {"float": "nan" if math.isnan(value) else repr(value)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value


WORDS = [
    form
    for word in "yes no true false on off y n null none nil nan inf".split()
    for form in (word, word.upper(), word.capitalize(), word[0] + word[1:].upper())
] + ["~", "~x", "null x", "yes please", "tRue", "="]

NUMBERS = [
    sign + body
    for sign in ("", "+", "-")
    for body in (
        "0 00 07 08 0644 0o644 0x1F 0xfg 0b101 0b12 1 12 1_000 _1 1_ 1__0 12345678901 1.0 1. .5 . 0.10 1.5 1_0.5 "
        "1e3 1e+3 1.0e3 1.0e+3 1.5e-3 1.e+2 .5e+1 1.0E+2 1:30 1:60 01:30 10:20:30 1:30.5 190:20:30.15 0:0 .inf .Inf .INF .iNf "
        ".nan .NaN .NAN inf nan 0. 00.5 010.5 1.2.3 1-2 1,000 0x 0b 0o7 0755 0_7 9007199254740991"
    ).split()
]

DATES = ["2001-12-14", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "2001-1-1", "2001-12-14 21:59:43"]

TEXT = ["-", "-x", "?x", ":x", "a:b", "a#b", "a #b", "x: ", "http://x:80/", "a b", "<<", "<<x"]

SCALARS = list(dict.fromkeys(itertools.chain(WORDS, NUMBERS, DATES, TEXT)))

DOCUMENTS = [
    "a: 'it''s'\n",
    "a: 'one\n\n  two\n  three '\n",
    'a: "x\\ty\\u00e9\\x41\\U0001F600\\N\\_\\L\\P\\e\\0\\/"\n',
    'a: "one \\\n   two\\\n\n   three"\n',
    'a: "trail   \n   lead"\n',
    "a: one\n  two\n\n  three\n",
    "a: |\n  x\n   y\n\n  z\n\n\nb: 1\n",
    "a: |-\n  x\n\n\nb: 1\n",
    "a: |+\n  x\n\n\nb: 1\n",
    "a: |2\n    x\n  y\n",
    "a: >\n  x\n  y\n\n  z\n   more\n  back\n\n\n  end\n",
    "a: >-\n\n  x\n  y\n",
    "a: >+\n  x\n\n\n",
    "a: |\n  no newline at the end",
    "a: >\n  no newline at the end",
    "a: |\n\nb: ''\n",
    "a: |+\n\n\nb: ''\n",
    "a: >\n  x\n  \ty\n  z\n",
    "a: |\r\n  x\r\n  y\r\nb: 1\r\n",
    "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n  r: 4\n",
    "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc:\n  r: 0\n  <<: [*x, *y]\n",
    "a: &x {p: 1}\nb: &y {p: 2}\nc:\n  <<: *x\n  <<: *y\n",
    "packages: [\n  a,\n  b\n]\n",
    "x:\n  y: {\n  a: b\n}\n",
    "- a: 'one\n  two'\n",
    "x:\n  a: \"one\ntwo\"\n",
    "a: [x, # why\n'y # no', \"z\n# no\"\n] # end\nb: 1\n",
    "a: text with [brackets and 'quotes\nb: {c: [\nd]}\n",
    "a: |\n  text: [\nb: [\n1]\n",
    "a: it's\n  'tis\nb: [\n1]\n",
    "- b\n-\n  - c\n- - d\n  - e\n",
    "a:\n- b\n- c\nd: e\n",
    "? a\n: b\n? c\n",
    "{a: , b: }\n",
    "[a: 1, b]\n",
    "a: !!str 1\nb: !!int '12'\nc: !!float 1\nd: !!bool 'yes'\ne: !!null ''\nf: !<tag:yaml.org,2002:str> 3\ng: ! 4\n",
    "a: !!map {x: 1}\nb: !!seq [1]\n",
    "---\na\n---\nb\n...\n---\n",
    "# only a comment\n",
    "",
    "%YAML 1.1\n---\na: 1\n",
    "a: '{{ b }}'\n",
    "a: \u00e9\u4e2d\U0001F600\n",
    "\ufeffa: 1\n",
    '{"a": "\\u00e9", "b": [true, null, 1, 1.5]}\n',
]


def read(text):
    return [plain(document) for document in yaml.load_all(text, Loader)]


def main():
    target = pathlib.Path(__file__).resolve().parent.parent / "test/yaml/oracle/pyyaml.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    scalars = [[text, read(f"- {text}\n")[0][0]] for text in SCALARS if parses(f"- {text}\n")]
    documents = [[text, read(text)] for text in dict.fromkeys(DOCUMENTS)]
    with target.open("w", encoding="utf-8") as file:
        json.dump({"pyyaml": yaml.__version__, "scalars": scalars, "documents": documents}, file, indent=1)
        file.write("\n")


def parses(text):
    try:
        read(text)
        return True
    except yaml.YAMLError:
        return False


if __name__ == "__main__":
    main()
