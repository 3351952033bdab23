"""Callback of Ansible that writes what happens as JSON lines to $TRANSCRIPT_EVENTS; used by script/record-conformance.ts."""

import json
import os

from ansible.module_utils.common.json import AnsibleJSONEncoder
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback import CallbackBase
from ansible.template import AnsibleNativeEnvironment
from ansible.template.native_helpers import _is_unsafe
from ansible.utils.unsafe_proxy import wrap_var
from jinja2.nativetypes import NativeCodeGenerator


class CodeGenerator(NativeCodeGenerator):
    """A constant alone stays what it is, too (as in 2.19)."""

    def _output_const_repr(self, group):
        values = list(group)
        return repr(values[0]) if len(values) == 1 else super()._output_const_repr(values)


def concat(nodes):
    """One value stays what it is, several become text: what Ansible does since 2.19. 2.14 would evaluate text that looks like Python."""
    values = list(nodes)
    if len(values) == 1:
        return values[0]
    text = "".join("" if value is None else str(value) for value in values)
    return wrap_var(text) if any(_is_unsafe(value) for value in values) else text


AnsibleNativeEnvironment.concat = staticmethod(concat)
AnsibleNativeEnvironment.code_generator_class = CodeGenerator


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "transcript_events"

    def write(self, event, **fields):
        with open(os.environ["TRANSCRIPT_EVENTS"], "a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(json.dumps({"event": event, **fields}, cls=AnsibleJSONEncoder) + "\n")

    def result(self, event, result, **fields):
        if isinstance(result._task, TaskInclude) and fields["status"] == "ok":
            return
        delegated = result._result.get("_ansible_delegated_vars") or {}
        label = self._get_item_label(result._result) if event == "item" else None
        self.write(
            event,
            task=str(result._task._uuid),
            name=(result._task.get_name() or "").strip(),
            module=result._task.action,
            host=result._host.get_name(),
            delegated=delegated.get("ansible_delegated_host", result._task.delegate_to if delegated else None),
            label=None if label is None else str(label),
            isLoop=bool(result._task.loop and "results" in result._result),
            result={key: value for key, value in result._result.items() if not key.startswith("_ansible")},
            diff=result._result.get("diff"),
            **fields,
        )

    def changed(self, result):
        return "changed" if result._result.get("changed", False) else "ok"

    def v2_playbook_on_play_start(self, play):
        self.write("play", name=play.get_name().strip())

    def v2_playbook_on_no_hosts_matched(self):
        self.write("note", text="no hosts matched")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.write("task", name=task.get_name().strip(), task=str(task._uuid), isHandler=False)

    def v2_playbook_on_handler_task_start(self, task):
        self.write("task", name=task.get_name().strip(), task=str(task._uuid), isHandler=True)

    def v2_playbook_on_include(self, included):
        label = self._get_item_label(included._vars)
        self.write(
            "included",
            file=included._filename,
            hosts=[host.name for host in included._hosts],
            label=None if label is None else str(label),
        )

    def v2_runner_on_ok(self, result):
        self.result("host", result, status=self.changed(result))

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.result("host", result, status="ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result):
        self.result("host", result, status="skipped")

    def v2_runner_on_unreachable(self, result):
        self.result("host", result, status="ignored" if result._task.ignore_unreachable else "unreachable")

    def v2_runner_item_on_ok(self, result):
        self.result("item", result, status=self.changed(result))

    def v2_runner_item_on_failed(self, result):
        self.result("item", result, status="failed")

    def v2_runner_item_on_skipped(self, result):
        self.result("item", result, status="skipped")

    def v2_runner_retry(self, result):
        left = result._result["retries"] - result._result["attempts"]
        self.write("retry", host=result._host.get_name(), left=left)

    def v2_playbook_on_stats(self, stats):
        self.write("recap", hosts={host: stats.summarize(host) for host in sorted(stats.processed)})
