import { allowBullseyeScript } from "../allow-bullseye.ts";
import type { Root } from "./differential-host.ts";

/** Gives a Debian 12 host an agent of Consul that keeps nothing. */
export async function setUpConsul(onHost: Root, mirror: string | undefined): Promise<void> {
  await onHost(`${allowBullseyeScript(mirror)}
apt-get -qq -y install --no-install-recommends consul curl >/dev/null
systemd-run -q --unit consul-dev consul agent -dev -client 127.0.0.1
for i in $(seq 200); do consul kv put tsrun/ready 1 >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1`);
}
