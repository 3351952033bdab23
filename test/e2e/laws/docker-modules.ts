import { lawsRoot, type ModuleLaws } from "./law.ts";

const noFiles = "writes no file of a mode of its own";
const noPathNorMode = { planted: "takes no path", modes: noFiles } as const;
const noSecret = "takes no secret";

/** What every case may use: an account at the registry whose password is the secret of docker_login. */
export const setUpDockerForLaws = `mkdir -p ${lawsRoot}
echo 'lawsecret:$2b$05$RPGVSCZwS3DwLKMjHcC2ke6d1jbg44a6dzyZoR/Sc34n57WaabOkW' >>/etc/docker/registry/users
docker tag base:1 127.0.0.1:5001/law:1; docker push -q 127.0.0.1:5001/law:1 >/dev/null
`;

const container = (name: string): string =>
  `docker container inspect -f '{{json .Config.Env}} {{.HostConfig.Memory}} {{.State.Running}} {{range $n, $e := .NetworkSettings.Networks}}{{$n}} {{end}}' ${name} 2>&1; docker ps -aqf name=${name}.tsrun`;

/** Modules about Docker, on a host that has its Engine. */
export const dockerModules: Readonly<Record<string, ModuleLaws>> = {
  docker_container: {
    host: "docker",
    cases: [
      {
        name: "a container",
        args: { name: "law-new", image: "base:1", env: { A: "1" }, memory: "64m" },
        before: "docker rm -f law-new",
        probe: container("law-new"),
      },
      {
        name: "another variable",
        args: { name: "law-env", image: "base:1", env: { A: "2" } },
        before: "docker rm -f law-env; docker run -d --name law-env -e A=1 base:1",
        probe: container("law-env"),
      },
      {
        name: "a limit and a network",
        args: {
          name: "law-limit",
          image: "base:1",
          memory: "32m",
          memory_swap: "64m",
          networks: [{ name: "law-joined" }],
          networks_cli_compatible: false,
        },
        before:
          "docker rm -f law-limit; docker network create law-joined; docker run -d --name law-limit --memory 64m base:1",
        probe: container("law-limit"),
        isGradual: true,
      },
      {
        name: "no container",
        args: { name: "law-gone", state: "absent" },
        before: "docker rm -f law-gone; docker create --name law-gone base:1",
        probe: container("law-gone"),
      },
    ],
    named: (name) => ({ name: `law-${name}`, image: "base:1", state: "present" }),
    holding: {
      args: (secret) => ({ name: "law-secret", image: "base:1", state: "present", env: { SECRET: secret } }),
      isNoLog: false,
    },
    exempt: noPathNorMode,
  },
  docker_image: {
    host: "docker",
    cases: [
      {
        name: "an image",
        args: { name: "127.0.0.1:5001/law:1", source: "pull" },
        before: "docker rmi 127.0.0.1:5001/law:1",
        probe: "docker images -q 127.0.0.1:5001/law",
      },
      {
        name: "another name",
        args: { name: "base:1", repository: "law-name:1", source: "local" },
        before: "docker rmi law-name:1",
        probe: "docker images -q law-name",
      },
      {
        name: "an archive",
        args: { name: "base:1", source: "local", archive_path: "$own/f" },
        before: "echo old >f",
        probe: "stat -c %a f; tar -tf f | grep manifest || cat f",
      },
    ],
    named: (name) => ({ name: "base:1", repository: `law-${name}`, source: "local" }),
    at: (path) => ({ name: "base:1", source: "local", archive_path: path }),
    exempt: { modes: "an archive is for everybody to read, as Ansible's is", secrets: noSecret },
  },
  docker_login: {
    host: "docker",
    cases: [
      {
        name: "a password",
        args: { registry: "127.0.0.1:5002", username: "law", password: "geheim", config_path: "$own/config.json" },
        before: 'echo \'{"auths": {"other": {"auth": "YTpi"}}}\' >config.json',
        probe: "cat config.json",
      },
      {
        name: "no password",
        args: { registry: "127.0.0.1:5002", state: "absent", config_path: "$own/config.json" },
        before: 'echo \'{"auths": {"127.0.0.1:5002": {"auth": "YTpi"}}}\' >config.json',
        probe: "cat config.json",
      },
    ],
    at: (path) => ({ registry: "127.0.0.1:5002", username: "law", password: "geheim", config_path: path }),
    holding: {
      args: (secret) => ({
        registry: "127.0.0.1:5002",
        username: "lawsecret",
        password: secret,
        config_path: "$own/config.json",
      }),
      isNoLog: false,
    },
  },
  docker_network: {
    host: "docker",
    cases: [
      {
        name: "a network",
        args: { name: "law-new", internal: true },
        before: "docker network rm law-new",
        probe: "docker network inspect -f '{{.Internal}}' law-new",
      },
      {
        name: "another subnet",
        args: { name: "law-subnet", ipam_config: [{ subnet: "198.18.2.0/24" }] },
        before: "docker network rm law-subnet; docker network create --subnet 198.18.1.0/24 law-subnet",
        probe: "docker network inspect -f '{{json .IPAM.Config}}' law-subnet",
      },
    ],
    named: (name) => ({ name, internal: true }),
    exempt: { ...noPathNorMode, secrets: noSecret },
  },
  docker_volume: {
    host: "docker",
    cases: [
      {
        name: "a volume",
        args: { name: "law-new", labels: { a: "b" } },
        before: "docker volume rm law-new",
        probe: "docker volume inspect -f '{{json .Labels}}' law-new",
      },
      {
        name: "no volume",
        args: { name: "law-gone", state: "absent" },
        before: "docker volume create law-gone",
        probe: "docker volume ls -qf name=law-gone",
      },
    ],
    named: (name) => ({ name }),
    exempt: { ...noPathNorMode, secrets: noSecret },
  },
};
