import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { root } from "../differential/differential-case.ts";
import { differentialSuite } from "../differential/differential-suite.ts";
import { examplesPlaybook, type ModuleExample, moduleExamples } from "../examples-project.ts";
import { useLab } from "../lab.ts";
import { type LawTask, playbookOf } from "../laws/law-host.ts";
import { lawSuites } from "../laws/law-suites.ts";
import { hostileNames } from "../laws/names-suite.ts";
import { type FinishedRun, TestProject } from "../run-tsrun.ts";
import { dockerPicture, setUpDocker } from "./docker-host.ts";

describe("modules of Docker", function () {
  this.timeout(300_000);
  const lab = useLab({ hosts: 1 });
  let project: TestProject;
  const onHost = (script: string): Promise<string> => lab().root("node1", script);

  before("an engine", async () => {
    await lab().reset("node1");
    await setUpDocker(onHost);
    project = await TestProject.create({
      "inventory.yaml": `${await readFile(lab().inventoryPath, "utf8")}\nconsul_servers: {hosts: {node1: {}}}\n`,
    });
  });
  after("the project", () => project.remove());

  const run = async (playbook: string, isCheck = false): Promise<FinishedRun> => {
    await project.write("playbook.yaml", playbook);
    return await project.run("playbook.yaml", { inventory: ["inventory.yaml"], isCheck, wantsDiff: true });
  };

  describe("do what Ansible's do", () => {
    differentialSuite(lab, "docker", async () => void (await onHost(`mkdir -p ${root}`)));
  });

  describe("as their pages show them", () => {
    let examples: readonly ModuleExample[];
    let [checked, applied, again]: FinishedRun[] = [];
    let pictures: readonly string[];

    before("run the examples", async () => {
      // Logging out ends what logging in began: those two are run in turn.
      examples = (await moduleExamples()).filter(({ module }) => module.startsWith("docker_"));
      await onHost(`set -e; docker rmi -f 127.0.0.1:5001/shop:1 >/dev/null || true
docker tag base:1 shop/web:1; docker tag base:2 shop/old:1; docker rmi -f shop/web:1 >/dev/null; docker tag base:1 shop/web:1
docker run -d --name shop_old base:1; docker tag base:1 shop/old:1
mkdir -p /srv/tools; printf 'FROM base:1\nLABEL made=here\n' >/srv/tools/Dockerfile`);
      const before = await onHost(dockerPicture);
      checked = await run(examplesPlaybook(examples), true);
      pictures = [before, await onHost(dockerPicture)];
      applied = await run(examplesPlaybook(examples));
      again = await run(examplesPlaybook(examples));
    });

    it("succeed, and are predicted", () => {
      const [before, after] = [checked?.results("node1"), applied?.results("node1")];
      for (const { title } of examples) {
        const [predicted, real] = [before?.get(title), after?.get(title)];
        expect(real?.result["failed"], `${title}: ${JSON.stringify(real?.result)}`).not.to.equal(true);
        expect(predicted?.status, `${title}: ${JSON.stringify(predicted?.result)}`).to.equal(real?.status);
      }
    });

    it("write nothing under check mode", () => {
      const [before, after] = pictures.map((text) => text.split("\n")) as [string[], string[]];
      expect(after.filter((line) => !before.includes(line))).to.deep.equal([]);
      expect(before.filter((line) => !after.includes(line))).to.deep.equal([]);
    });

    it("change nothing again, but for jobs and logging in and out", () => {
      const changed = [...(again?.results("node1") ?? [])]
        .filter(([, { status }]) => status !== "ok")
        .map(([name]) => name);
      expect(changed).to.deep.equal([
        "docker_container: A command in a container of its own",
        "docker_login: A registry",
        "docker_login: Not any more",
      ]);
    });
  });

  describe("keep the laws", () => lawSuites(lab, "docker", 2));

  it("hand over values as they are", async () => {
    const values = hostileNames("docker").filter((value) => !value.includes("\udcff"));
    const tasks = values.flatMap((_, at): readonly LawTask[] => {
      const value = `{{ hostile[${at}] }}`;
      const args = {
        image: "base:1",
        state: "present",
        env: { VALUE: value },
        labels: { value },
        command: ["echo", value],
      };
      return [{ name: `value ${at}`, module: "docker_container", args: { name: `law-value-${at}`, ...args } }];
    });
    const results = (await run(playbookOf(tasks, { hostile: values }))).results("node1");
    const shown = await onHost(
      values.map((_, at) => `docker inspect -f '{{json .Config}}' law-value-${at}`).join("\n"),
    );
    shown
      .trim()
      .split("\n")
      .forEach((line, at) => {
        const config = JSON.parse(line) as Record<string, unknown>;
        expect(results.get(`value ${at}`)?.status).to.equal("changed");
        expect(config["Cmd"]).to.deep.equal(["echo", values[at]]);
        expect(config["Env"]).to.include(`VALUE=${values[at]}`);
        expect(config["Labels"]).to.include({ value: values[at] });
      });
  });

  it("leave the old container as it was when the new one cannot be made or started", async () => {
    await onHost("docker rm -f law-old; docker run -d --name law-old -e A=1 -p 127.0.0.1:7999:80 base:1");
    const state = () =>
      onHost("docker inspect -f '{{.Id}} {{.State.Running}} {{json .Config.Env}}' law-old; docker ps -aq | wc -l");
    const before = await state();
    const old = { name: "law-old", image: "base:1" };
    const tasks: readonly LawTask[] = [
      { name: "no image", module: "docker_container", args: { ...old, image: "127.0.0.1:5001/none:1" } },
      { name: "no such limit", module: "docker_container", args: { ...old, env: { A: "2" }, memory: "1" } },
      { name: "no such command", module: "docker_container", args: { ...old, command: ["none"] } },
      { name: "port in use", module: "docker_container", args: { ...old, ports: ["127.0.0.1:5001:80"] } },
    ];
    const results = (await run(playbookOf(tasks))).results("node1");
    for (const { name } of tasks) expect(results.get(name)?.result["failed"], name).to.equal(true);
    expect(await state()).to.equal(before);
  });

  it("say that a container has died since it was started, but not of one that was stopped", async () => {
    await onHost("docker rm -f law-dies law-stopped 2>&1");
    const play = (name: string, command: string, then: object) => ({
      hosts: "all",
      become: true,
      gather_facts: false,
      tasks: [{ docker_container: { name, image: "base:1", command, restart_policy: "no" } }, then],
    });
    const dying = play("law-dies", "sh -c 'sleep 0.7; echo no paper; exit 3'", { pause: { seconds: 1 } });
    const died = await run(JSON.stringify([dying]));
    expect(died.failures).to.include("no paper").and.to.include("exit code 3");
    const stopped = play("law-stopped", "sleep 1000", {
      docker_container: { name: "law-stopped", state: "stopped", force_kill: true },
    });
    expect((await run(JSON.stringify([stopped]))).failures).to.equal("");
  });
});
