import type { Root } from "../differential/differential-host.ts";

/**
 * Gives a host Docker and a registry on its loopback (port 5001; port 5002 wants the user `law` with the password `geheim`). Images are made
 * of busybox: `base:1`, `base:2`, and in the registry `127.0.0.1:5001/shop:1`.
 *
 * A lab host is a container itself. Where control groups are of version 1, its engine mounts them read-only and keeps the terminals of
 * containers from it, and what systemd mounts twice confuses runc; a private namespace of control groups does not look there.
 */
export async function setUpDocker(onHost: Root, furtherPackages: readonly string[] = []): Promise<void> {
  await onHost(`set -eu
for c in cpu cpuacct cpuset memory devices freezer blkio pids; do
  [ ! -d /sys/fs/cgroup/$c ] || mount -o remount,bind,rw /sys/fs/cgroup/$c
done
[ ! -e /sys/fs/cgroup/devices/devices.allow ] || echo 'c 5:1 rwm' >/sys/fs/cgroup/devices/devices.allow
mkdir -p /etc/docker
ln -s /dev/null /etc/systemd/system/docker-registry.service
echo '{"default-cgroupns-mode": "private", "storage-driver": "vfs"}' >/etc/docker/daemon.json
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y -o Dpkg::Options::=--force-unsafe-io install --no-install-recommends docker.io docker-registry busybox-static ${furtherPackages.join(" ")} >/dev/null
root=$(mktemp -d); chmod 755 $root; mkdir $root/bin $root/etc $root/tmp; cp /bin/busybox $root/bin/
for name in sh sleep cat echo env true false id ls; do ln -s busybox $root/bin/$name; done
for tag in 1 2; do
  echo $tag >$root/etc/version
  tar -C $root -c . | docker import --change 'CMD ["/bin/sh","-c","trap exit TERM; sleep infinity & wait"]' --change 'ENV BASE=yes' --change 'LABEL from=base' - base:$tag >/dev/null
done
for port in 5001 5002; do
  mkdir -p /var/lib/registry-$port; chown docker-registry: /var/lib/registry-$port
  printf '%s\n' 'version: 0.1' 'storage: {filesystem: {rootdirectory: /var/lib/registry-'$port'}}' "http: {addr: '127.0.0.1:$port'}" >/etc/docker/registry/$port.yml
done
# A hash of \`geheim\`.
echo 'law:$2b$05$RPGVSCZwS3DwLKMjHcC2keAwCHpoP3XzdsnUHdeswzr476XEmWx9e' >/etc/docker/registry/users
echo 'auth: {htpasswd: {realm: law, path: /etc/docker/registry/users}}' >>/etc/docker/registry/5002.yml
for port in 5001 5002; do
  systemd-run -q --unit=registry-$port --uid=docker-registry docker-registry serve /etc/docker/registry/$port.yml
done
docker tag base:1 127.0.0.1:5001/shop:1
n=0; until docker push -q 127.0.0.1:5001/shop:1 >/dev/null; do n=$((n+1)); [ $n -lt 50 ]; sleep 0.2; done
docker rmi 127.0.0.1:5001/shop:1 >/dev/null
`);
}

/** sh: what the engine has, a line each. */
export const dockerPicture = `{ docker ps -aq --no-trunc | xargs -r docker inspect -f '{{.Id}} {{.Name}} {{.Image}} {{.State.Status}} {{.State.StartedAt}} {{json .HostConfig}} {{json .NetworkSettings.Networks}}'
docker images -a --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'; docker network ls --no-trunc; docker volume ls; } 2>&1 | sed 's/^/docker /'
`;
