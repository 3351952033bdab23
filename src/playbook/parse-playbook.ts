import { Findings } from "../lib/findings.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import { suggest } from "../lib/suggest.ts";
import { parseYaml } from "../yaml/parse-yaml.ts";
import { copyPositions, positionOf, rangeOf, rangeOfKey, rangeOfValue, recordPosition } from "../yaml/positions.ts";
import { checkShapes, checkVariableName, reportUnknownKeyword } from "./check-keywords.ts";
import { PLAY, PLAYBOOK_IMPORT, shortModuleName, VARS_PROMPT } from "./keywords.ts";
import type { Mapping, Play, PlaybookEntry, PlaybookImport, TaskNode } from "./model.ts";
import { parseKeyValues } from "./parse-key-values.ts";
import { parseRoleUses } from "./parse-role-use.ts";
import { keywordsOf, parseTasks } from "./parse-tasks.ts";
import { Problems } from "./problems.ts";
import { oneDocument, wholeFile } from "./read-document.ts";
import { describe, isMapping, isOpen } from "./values.ts";

/**
 * A playbook's plays and imports, checked. Throws everything that is wrong with the file at once;
 * within a pass of `findings` it is kept there, and what could be read is answered.
 *
 *     parsePlaybook({ path: "site.yaml", text: "- hosts: all\n  tasks: [{ping: }]\n" })
 */
export function parsePlaybook(source: SourceFile, findings = new Findings()): readonly PlaybookEntry[] {
  const document = oneDocument(parseYaml(source));
  const problems = new Problems();
  const entries = parseEntries(problems, document, wholeFile(source));
  problems.tell(findings);
  return entries;
}

function parseEntries(problems: Problems, document: unknown, at: SourceRange): readonly PlaybookEntry[] {
  if (document === null || (Array.isArray(document) && document.length === 0)) {
    problems.report({ code: "E_PLAYBOOK", message: "this playbook is empty", at, hint: "- hosts: all" });
    return [];
  }
  if (!Array.isArray(document)) {
    problems.report({
      code: "E_PLAYBOOK",
      message: `expected a list of plays, got ${describe(document)}`,
      at,
      hint: isMapping(document) ? "start each play with `- `, as in `- hosts: all`" : undefined,
    });
    return [];
  }
  return document.flatMap((entry: unknown, index): PlaybookEntry | readonly PlaybookEntry[] => {
    const entryAt = rangeOf(entry) ?? rangeOfValue(document, index) ?? at;
    if (!isMapping(entry)) {
      problems.report({
        code: "E_PLAYBOOK",
        message: `expected a play, got ${describe(entry)}`,
        at: entryAt,
        hint: "- hosts: all",
      });
      return [];
    }
    const importKey = Object.keys(entry).find((key) => shortModuleName(key) === "import_playbook");
    return importKey === undefined
      ? parsePlay(problems, entry, entryAt)
      : (parseImport(problems, entry, importKey, entryAt) ?? []);
  });
}

function parsePlay(problems: Problems, written: Mapping, at: SourceRange): Play {
  const mapping = withRemoteUser(problems, written);
  for (const key of Object.keys(mapping)) {
    if (Object.hasOwn(PLAY, key)) continue;
    if (key === "include") {
      problems.report({
        code: "E_UNKNOWN_KEYWORD",
        message: "unknown keyword `include` in a play",
        at: rangeOfKey(mapping, key),
        hint: "write `import_playbook`",
      });
    } else if (!isTask(mapping)) reportUnknownKeyword(problems, mapping, key, PLAY, "play");
  }
  checkHosts(problems, mapping, at);
  checkShapes(problems, mapping, { ...PLAY, hosts: "any", roles: "any", ...SECTIONS });
  checkSerial(problems, mapping);
  checkPrompts(problems, mapping);
  const section = (key: string): readonly TaskNode[] =>
    parseTasks(problems, mapping[key], rangeOfValue(mapping, key) ?? at, key === "handlers");
  return {
    kind: "play",
    raw: keywordsOf(mapping, PLAY, ["roles", ...Object.keys(SECTIONS)]),
    at,
    roles: parseRoleUses(problems, mapping, "roles"),
    preTasks: section("pre_tasks"),
    tasks: section("tasks"),
    postTasks: section("post_tasks"),
    handlers: section("handlers"),
  };
}

/** Task lists report their shape themselves. */
const SECTIONS = { pre_tasks: "any", tasks: "any", post_tasks: "any", handlers: "any" } as const;

/** `user` is the old name of `remote_user`. */
function withRemoteUser(problems: Problems, play: Mapping): Mapping {
  if (!Object.hasOwn(play, "user")) return play;
  if (Object.hasOwn(play, "remote_user")) {
    problems.report({
      code: "E_KEYWORD_CONFLICT",
      message: "expected `remote_user` or `user`, which is its old name, got both",
      at: rangeOfKey(play, "user"),
    });
  }
  const renamed = Object.fromEntries(
    Object.entries(play).map(([key, value]) => [key === "user" ? "remote_user" : key, value]),
  );
  const position = positionOf(play);
  const slot = position?.slots.get("user");
  if (position && slot)
    recordPosition(renamed, { ...position, slots: new Map([...position.slots, ["remote_user", slot]]) });
  else copyPositions(play, renamed);
  return renamed;
}

/** Whether the entry is a task that stands where a play should. */
function isTask(entry: Mapping): boolean {
  const own = ["hosts", "tasks", "roles", "pre_tasks", "post_tasks", "handlers", "vars"];
  return !own.some((key) => Object.hasOwn(entry, key)) && !isMisspelt(entry);
}

/** Whether a key that is reported as unknown was meant to be `hosts`. */
function isMisspelt(entry: Mapping): boolean {
  return Object.keys(entry).some((key) => !Object.hasOwn(PLAY, key) && suggest(key, Object.keys(PLAY)) === "hosts");
}

function checkHosts(problems: Problems, play: Mapping, at: SourceRange): void {
  const { hosts } = play;
  if (!Object.hasOwn(play, "hosts")) {
    if (isMisspelt(play)) return;
    problems.report({
      code: "E_NO_HOSTS",
      message: "this play does not say on which hosts it runs",
      at: rangeOfKey(play, Object.keys(play)[0] ?? "") ?? at,
      hint: isTask(play) ? "if it is a task, put it under `tasks:` of a play" : "hosts: all",
    });
    return;
  }
  const isEmpty = hosts === null || hosts === "" || (Array.isArray(hosts) && hosts.length === 0);
  const isFit =
    typeof hosts === "string" ||
    isOpen(hosts) ||
    (Array.isArray(hosts) && hosts.every((host) => typeof host === "string"));
  if (!isEmpty && isFit) return;
  problems.report({
    code: "E_KEYWORD_VALUE",
    message: `\`hosts\`: expected a pattern or a list of patterns, got ${describe(isEmpty ? null : hosts)}`,
    at: isEmpty ? rangeOfKey(play, "hosts") : rangeOfValue(play, "hosts"),
    hint: "hosts: all",
  });
}

/** Numbers and percentages, one or a list. */
function checkSerial(problems: Problems, play: Mapping): void {
  const { serial } = play;
  if (serial === undefined || serial === null) return;
  const wrong = (Array.isArray(serial) ? serial : [serial]).find(
    (size) => !isOpen(size) && !/^\d+(?:\.\d+)?%?$/.test(String(size)),
  );
  if (wrong === undefined) return;
  problems.report({
    code: "E_KEYWORD_VALUE",
    message: `\`serial\`: expected a number of hosts or a percentage, got ${describe(wrong)}`,
    at: rangeOfValue(play, "serial"),
    hint: 'serial: [1, "25%"]',
  });
}

function checkPrompts(problems: Problems, play: Mapping): void {
  const prompts = play["vars_prompt"];
  for (const prompt of Array.isArray(prompts) ? prompts : []) {
    if (!isMapping(prompt) || typeof prompt["name"] !== "string") {
      problems.report({
        code: "E_KEYWORD_VALUE",
        message: "`vars_prompt`: expected a mapping with the `name` of a variable",
        at: rangeOf(prompt) ?? rangeOfValue(play, "vars_prompt"),
        hint: "- name: version\n  prompt: Which version",
      });
      continue;
    }
    for (const key of Object.keys(prompt)) {
      if (!Object.hasOwn(VARS_PROMPT, key)) reportUnknownKeyword(problems, prompt, key, VARS_PROMPT, "vars_prompt");
    }
    checkShapes(problems, prompt, VARS_PROMPT);
    checkVariableName(problems, prompt["name"], rangeOfValue(prompt, "name"));
  }
}

function parseImport(
  problems: Problems,
  mapping: Mapping,
  importKey: string,
  at: SourceRange,
): PlaybookImport | undefined {
  for (const key of Object.keys(mapping)) {
    if (key !== importKey && !Object.hasOwn(PLAYBOOK_IMPORT, key))
      reportUnknownKeyword(problems, mapping, key, PLAYBOOK_IMPORT, "`import_playbook`");
  }
  checkShapes(problems, mapping, PLAYBOOK_IMPORT);
  const value = mapping[importKey];
  // Parameters after the file name were dropped by Ansible without a word.
  const line = typeof value === "string" ? parseKeyValues(value, { isCommand: false }) : undefined;
  if (line?.rest === undefined || line.rest.text.trim() === "") {
    problems.report({
      code: "E_MISSING_ARG",
      message: `\`import_playbook\` needs a file, got ${describe(value)}`,
      at: rangeOfValue(mapping, importKey) ?? at,
      hint: "import_playbook: other.yaml",
    });
    return undefined;
  }
  if (line.pairs.length > 0) {
    problems.report({
      code: "E_UNKNOWN_ARG",
      message: `\`import_playbook\` takes only a file, got \`${line.pairs[0]?.key}=\``,
      at: rangeOfValue(mapping, importKey),
      hint: "give variables under `vars:`",
    });
  }
  return {
    kind: "import_playbook",
    raw: keywordsOf(mapping, PLAYBOOK_IMPORT, ["import_playbook"]),
    at,
    file: line.rest.text.trim(),
  };
}
