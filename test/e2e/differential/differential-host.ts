import { cp, readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { serveFiles } from "../host-web-server.ts";
import {
  cleanState,
  type DifferentialCase,
  type ModuleCases,
  ownDirectory,
  projectFiles,
  root,
  taskName,
} from "./differential-case.ts";

/** Runs sh on the host as root. */
export type Root = (script: string) => Promise<string>;

/** Python that makes packages df1, df2, ... of three versions each, so that pip needs no index. */
const makeWheels = `import zipfile
for n in range(1, 21):
  for v in ("1.0", "1.1", "2.0"):
    i = f"df{n}-{v}.dist-info"
    with zipfile.ZipFile(f"df{n}-{v}-py3-none-any.whl", "w") as z:
      z.writestr(f"df{n}.py", "")
      z.writestr(f"{i}/METADATA", f"Metadata-Version: 2.1\\nName: df{n}\\nVersion: {v}\\n")
      z.writestr(f"{i}/WHEEL", "Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
      z.writestr(f"{i}/RECORD", f"df{n}.py,,\\n{i}/METADATA,,\\n{i}/WHEEL,,\\n{i}/RECORD,,\\n")`;

/** Makes a clean lab host one that the cases can be run on. */
export async function setUpHost(onHost: Root): Promise<void> {
  const files = ["one.txt", "app.tar.gz", "key-one.asc", "key-two.asc"];
  const texts = await Promise.all(files.map((name) => readFile(new URL(`files/${name}`, projectFiles))));
  const uploads = files.map((name, at) => `echo ${texts[at]?.toString("base64")} | base64 -d >${root}/www/${name}`);
  await onHost(`set -eu
apt-get -qq update; apt-get -qq -y install --no-install-recommends acl git iptables kmod locales python3-venv python3-pip sudo ufw >/dev/null
rm -rf ${root}; mkdir -p ${root}/www; cd ${root}
${uploads.join("\n")}
echo '{"a": [1, true]}' >www/data.json
${serveFiles(`${root}/www`, 8098)}
git -c init.defaultBranch=main init -q seed; cd seed; git config user.email a@b; git config user.name a
export GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
echo 1 >one; git add one; git commit -qm 1; git branch first; git tag v1; echo 2 >one; git commit -qam 2; cd ..
git clone -q --bare seed repo.git; git config --system --add safe.directory '*'
for n in 1 2 3 4 5; do printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/df$n.service; done
cp /etc/systemd/system/df1.service /usr/lib/systemd/system/dfvendor.service
printf '[Service]\\nExecStart=/bin/false\\nType=oneshot\\n' >/etc/systemd/system/dfbad.service
systemctl daemon-reload
mkdir ${root}/wheels; cd ${root}/wheels; python3 - <<'END'
${makeWheels}
END
printf '[global]\nno-index = true\nfind-links = ${root}/wheels\nbreak-system-packages = true\n' >/etc/pip.conf
`);
}

/** Copies the files that the cases name to where the playbook is. */
export async function copyProjectFiles(folder: string): Promise<void> {
  await rm(`${folder}/fetched`, { recursive: true, force: true });
  await cp(fileURLToPath(projectFiles), folder, { recursive: true });
}

/** Makes what each case wants to find. */
export async function makeBefore(onHost: Root, modules: readonly ModuleCases[]): Promise<void> {
  const parts = eachCase(
    modules,
    (own, one) =>
      `umount ${own}/* 2>/dev/null; rm -rf ${own}; mkdir -p ${own}; chmod 755 ${own}; cd ${own} && (\n${one.before ?? ":"}\n) </dev/null >/dev/null\n`,
  );
  await onHost(`umask 022\n${[...parts.values()].join("")}:`);
}

/** What is on the host after the cases, by task name. */
export async function readStates(onHost: Root, modules: readonly ModuleCases[]): Promise<ReadonlyMap<string, string>> {
  const parts = eachCase(
    modules,
    (own, one) => `cd ${own} && {
find . -path './w/*' -prune -o -type d -printf '%P/ %m %u %g\\n' -o -type l -printf '%P -> %l %u %g\\n' -o -printf '%P %m %u %g\\n' | LC_ALL=C sort
find . -path './w/*' -prune -o -type f -size -10k -print | LC_ALL=C sort | while IFS= read -r f; do echo "== $f"; cat "$f"; done
echo --; ( ${one.state ?? ":"} ) 2>&1 </dev/null; }
printf '\\n\\001'
`,
  );
  const printed = (await onHost([...parts.values()].join(""))).split("\u0001");
  return new Map([...parts.keys()].map((name, at) => [name, cleanState((printed[at] ?? "").trim())]));
}

function eachCase(
  modules: readonly ModuleCases[],
  make: (own: string, one: DifferentialCase) => string,
): ReadonlyMap<string, string> {
  return new Map(
    modules.flatMap((module) =>
      module.cases.map((one) => [taskName(module, one), make(ownDirectory(module, one), one)] as const),
    ),
  );
}
