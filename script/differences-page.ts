import { comparedElsewhere } from "../test/e2e/differential/compared-elsewhere.ts";
import { listModuleCases } from "../test/e2e/differential/differential-case.ts";

/** What `docs/differences.md` says: how modules were compared with Ansible's, and where they differ on purpose. */
export function differencesPage(): string {
  const modules = listModuleCases();
  const total = modules.reduce((sum, { cases }) => sum + cases.length, 0);
  const deviations = modules.flatMap(({ name, cases }) =>
    cases.flatMap((one) =>
      Object.entries(one.deviations ?? {}).map(
        ([what, why]) => `| [${name}](modules/${name}.md) | ${one.name} | ${what} | ${why} |\n`,
      ),
    ),
  );
  const ignored = modules.flatMap(({ name, ignore, cases }) => {
    const fields = Object.entries(
      Object.assign({}, ignore, ...cases.map((one) => one.ignore ?? {})) as Record<string, string>,
    );
    return fields.map(([field, why]) => `| [${name}](modules/${name}.md) | \`${field}\` | ${why} |\n`);
  });
  const kinds = modules.flatMap(({ name, kinds }) => {
    const reasons = [...new Set(Object.values(kinds))];
    return reasons.map((reason) => {
      const fields = Object.keys(kinds).filter((field) => kinds[field] === reason);
      return `| [${name}](modules/${name}.md) | ${fields.map((field) => `\`${field}\``).join(", ")} | ${reason} |\n`;
    });
  });
  const elsewhere = Object.entries(comparedElsewhere).map(
    ([name, reason]) => `| [${name}](modules/${name}.md) | ${reason} |\n`,
  );
  const notes = modules.flatMap(({ name, note }) =>
    note === undefined ? [] : [`| [${name}](modules/${name}.md) | ${note} |\n`],
  );
  return `<!-- Made by script/make-docs.ts from test/e2e/differential. -->

# Where modules differ from Ansible's

${total} tasks of ${modules.length} modules were run by Ansible (ansible-core 2.14, and the collections that Debian ships with it) on a Debian host, twice each,
and what came of it was written down: whether the task changed anything, the result, and what was on the host afterwards (files with
their bytes, owners and modes, packages, units, accounts). tsrun runs the same tasks on a twin of that host at every run of the tests
(\`test/e2e/differential\`). The reason of a failure may be said in other words; everything else is the same, but for this.

## On purpose

"again" is what the task says when it is run a second time.

| module | case | what differs | why |
|---|---|---|---|
${deviations.join("")}
## Not compared

Fields of a result that depend on the run, or that are Ansible's own affair.

| module | field | why |
|---|---|---|
${ignored.join("")}
## Compared by their kind

Fields and facts of which only is compared what they are like: text or number, and which members they have.

| module | field | why |
|---|---|---|
${kinds.join("")}
## As far as a container goes

| module | |
|---|---|
${notes.join("")}
## Compared elsewhere

| module | where |
|---|---|
${elsewhere.join("")}`;
}
