#!/bin/sh
cat <<'END'
{"g": {"hosts": ["p1", "p2"], "vars": {"gv": "group"}},
 "_meta": {"hostvars": {"p1": {"v": 1, "ansible_connection": "local"}, "p2": {"v": "two", "ansible_connection": "local"}}}}
END
