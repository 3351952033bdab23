import type { Root } from "../differential/differential-host.ts";

/** Gives a host servers of PostgreSQL and MariaDB. Who is on the host may be whom they like there; over the network it takes a password.
 * `q` is psql as the superuser, without Debian's wrapper around it, which takes longer than psql itself. */
export async function setUpDatabases(onHost: Root, furtherPackages: readonly string[] = []): Promise<void> {
  await onHost(`set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y -o Dpkg::Options::=--force-unsafe-io install --no-install-recommends postgresql mariadb-server bzip2 xz-utils ${furtherPackages.join(" ")} >/dev/null
sed -i 's/^local .*/local all all trust/' /etc/postgresql/*/main/pg_hba.conf
printf '%s\n' 'fsync = off' 'full_page_writes = off' 'synchronous_commit = off' 'autovacuum = off' 'jit = off' 'wal_level = minimal' 'max_wal_senders = 0' >/etc/postgresql/15/main/conf.d/tests.conf
systemctl restart postgresql
mysql -e 'SET GLOBAL innodb_flush_log_at_trx_commit = 0'
printf '#!/bin/sh\nexec /usr/lib/postgresql/15/bin/psql -XAtqU postgres "$@"\n' >/usr/local/bin/q; chmod 755 /usr/local/bin/q
q -c "ALTER ROLE postgres PASSWORD 'it''s geheim'"
`);
}

/** sh: what all databases hold, and who may what, a line each. Times of dumps and random keys are left out. */
export const databasesPicture = `{ pg_dumpall -U postgres; mysqldump --all-databases --skip-dump-date --system=users; } 2>&1 | grep -Ev '^(\\\\(un)?restrict|-- (Started|Completed|Dump completed))' | sed 's/^/database /'
`;
