import type { Root } from "../differential/differential-host.ts";

/** Gives a host servers of PostgreSQL and MariaDB. Who is on the host may be whom they like there; over the network it takes a password.
 * `q` is psql as the superuser, without Debian's wrapper around it, which takes longer than psql itself. */
export async function setUpDatabases(onHost: Root, furtherPackages: readonly string[] = []): Promise<void> {
  await onHost(`set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y -o Dpkg::Options::=--force-unsafe-io install --no-install-recommends postgresql mariadb-server bzip2 xz-utils ${furtherPackages.join(" ")} >/dev/null
sed -i 's/^local .*/local all all trust/' /etc/postgresql/*/main/pg_hba.conf
echo 'fsync = off' >/etc/postgresql/15/main/conf.d/tests.conf
systemctl restart postgresql
printf '#!/bin/sh\nexec /usr/lib/postgresql/15/bin/psql -XAtqU postgres "$@"\n' >/usr/local/bin/q; chmod 755 /usr/local/bin/q
q -c "ALTER ROLE postgres PASSWORD 'it''s geheim'"
`);
}
