/** Variables that are no facts although they begin like one: of the connection, of the run, of loops. */
const noFact =
  /^(host|user|port|password|connection|timeout|ssh_(?!host_key_).*|sftp_.*|scp_.*|become.*|.*_interpreter|managed|(check|diff)_mode|version|play_.*|loop.*|index_var|role_.*|parent_role.*|dependent_role.*|collection_name|run_tags|skip_tags|forks|limit|verbosity|playbook_python|delegated_vars|shell_.*|remote_tmp|async_dir|failed_.*|private_key_file|pipelining|host_key_checking|common_.*|inventory_sources|search_path|config_file|builtin|posix|collections?)$/;

/** Whole dictionaries of variables, in which anything may be looked up: `{{ vars }}`, `debug: var=vars`, names by a pattern. */
const allVariables =
  /(?<![\w.'"$-])vars\s*(?:\||\}\}|%\}|\)|\.(?:items|values|keys)\b)|\bvar\s{0,9}[:=]\s{0,9}["']?(?:\{\{)?\s{0,9}vars\b|\bvarnames\b/;

/** Somebody may look at any variable at a terminal. */
const debugging = /\bdebugger\s*:|\bstrategy\s*:\s*["']?debug\b/;

/** Looked for in lines that hold a template: files, and items of lists of files, whose names are known only in the run. */
const fileOfLine =
  /\b(?:src|file|dir|template|include_tasks|include_vars|include|(?:tasks|vars|defaults|handlers)_from)\s*[:=]/;
const itemOfLine = /^[ \t]*-/;
const searchedFile =
  /\bfirst_found\b|\b(?:lookup|query|q)\(\s*['"](?:[\w.]*\.)?template\b|\{%-?\s*(?:include|import|from|extends)\b/;

/** What can lead such a name out of the directories in which relative ones are looked for. */
const elsewhere =
  /\b(?:playbook_dir|inventory_dir|ansible_search_path|ansible_config_file|ansible_inventory_sources)\b|\.\.\/|(?:lookup|query|q)\(\s*['"](?:[\w.]*\.)?(?:env|pipe|password|url|file)\b|(?:^|[\s"'=(])[/~][^\s"']*\.(?:j2|ya?ml|json)\b/m;

/**
 * The facts that texts of a project can name, told by their words alone, so that nothing has to be understood: `ansible_distribution`,
 * `ansible_facts.distribution`, `hostvars[x]['ansible_distribution']`. Wherever a name could be made or found in another way all facts count as named.
 */
export class MentionedFacts {
  /** Without `ansible_`. */
  readonly names = new Set<string>();
  #isOpen = false;
  #hasComputedFile = false;
  #leadsElsewhere = false;

  /** Undefined: any fact may be used. */
  get result(): ReadonlySet<string> | undefined {
    return this.#isOpen || (this.#hasComputedFile && this.#leadsElsewhere) ? undefined : this.names;
  }

  /** What decides has been seen: nothing more needs to be read. */
  get isOpen(): boolean {
    return this.result === undefined;
  }

  read(text: string): void {
    this.#hasComputedFile ||= hasComputedFile(text);
    this.#leadsElsewhere ||= elsewhere.test(text);
    this.#isOpen ||=
      text.includes("$ANSIBLE_VAULT") ||
      allVariables.test(text) ||
      debugging.test(text) ||
      hasComputedRole(text) ||
      !hostvarsAreNamed(text);
    for (const { 0: whole, 1: name = "", index } of text.matchAll(/\bansible_(\w*)/g)) {
      const behind = index + whole.length;
      this.#isOpen ||= !this.#take(name, text.slice(behind, behind + 200));
    }
  }

  /** False where the name is made in the run. */
  #take(name: string, rest: string): boolean {
    if (name === "" || name === "gather_subset") return false;
    if (name !== "facts") {
      if (!noFact.test(name)) this.names.add(name);
      return true;
    }
    const member = /^(?:["']\s*\])?\s*(?:\.\s*(\w+)|\[\s*["'](\w+)["']\s*\])/.exec(rest);
    const fact = member?.[1] ?? member?.[2];
    if (fact === undefined || fact === "gather_subset" || dictMethods.has(fact)) return false;
    this.names.add(fact);
    return true;
  }
}

function hasComputedFile(text: string): boolean {
  if (searchedFile.test(text)) return true;
  const hasList = /\bvars_files\b/.test(text);
  return text
    .split("\n")
    .some((line) => line.includes("{{") && (fileOfLine.test(line) || (hasList && itemOfLine.test(line))));
}

/** A role whose name is a template, in the lines after `include_role`. */
function hasComputedRole(text: string): boolean {
  return [...text.matchAll(/\b(?:include|import)_role\b/g)].some(({ index }) =>
    text
      .slice(index, index + 1000)
      .split("\n", 8)
      .some((line) => line.includes("{{") && /\bname\s*[:=]/.test(line)),
  );
}

const dictMethods: ReadonlySet<string> = new Set(["get", "items", "keys", "values", "copy", "update", "pop"]);

/** Whether every use of `hostvars` says by name what it takes of a host: `hostvars[h].x`, `hostvars[h]['x']`, `extract(hostvars, ['x'])`. */
function hostvarsAreNamed(text: string): boolean {
  for (const { index } of text.matchAll(/\bhostvars\b/g)) {
    const before = text.slice(Math.max(0, index - 12), index);
    let rest = text.slice(index + "hostvars".length);
    if (/extract['"]\s*,\s*$/.test(before) && /^\s*,\s*["'[]/.test(rest)) continue;
    rest = afterMember(rest);
    if (!/^\s*(?:\.\s*(?!get\b|items\b|keys\b|values\b)\w+|\[\s*["'])/.test(rest)) return false;
  }
  return true;
}

/** What follows one `[…]` or `.name`. */
function afterMember(text: string): string {
  const name = /^\s*\.\s*\w+/.exec(text);
  if (name) return text.slice(name[0].length);
  const start = text.search(/\S/);
  if (text[start] !== "[") return text;
  let depth = 0;
  for (let at = start; at < Math.min(text.length, start + 500); at++) {
    if (text[at] === "[") depth += 1;
    else if (text[at] === "]" && --depth === 0) return text.slice(at + 1);
  }
  return "";
}
