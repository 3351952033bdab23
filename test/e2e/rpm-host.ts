import type { Root } from "./differential/differential-host.ts";

/** Packages of the differential's cases, each of one version and release. */
const names = "dfone dftwo dfthree dffour dffive dfsix dfseven dfeight dfnine dften dfpat-a dfpat-b dfver dfnew dflist";

/** Gives a Debian host dnf and zypper beside its own package manager, each with a repository. Both look where rpm looks by default on their distributions. */
export async function setUpRpm(onHost: Root): Promise<void> {
  await onHost(`set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y install --no-install-recommends dnf zypper rpm createrepo-c >/dev/null
mkdir -p /etc/rpm; echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros.dbpath
mkdir -p /srv/rpm /etc/yum.repos.d /etc/zypp/repos.d
build() {
  v=$1; shift
  { printf 'Name: lawbase\\nVersion: %s\\nRelease: 1\\nSummary: x\\nLicense: MIT\\nBuildArch: noarch\\n%%%%description\\nx\\n' $v
    for n; do printf '%%%%package -n %s\\nSummary: x\\n%%%%description -n %s\\nx\\n%%%%files -n %s\\n' $n $n $n; done; } >/tmp/all.spec
  rpmbuild -bb --define '_rpmdir /srv/rpm' --define '_topdir /tmp/rpmbuild' /tmp/all.spec >/dev/null 2>&1
}
build 1.0 lawone lawtwo ${names}
build 2.0 dfver dfnew
createrepo_c -q /srv/rpm
printf '[law]\\nname=law\\nbaseurl=file:///srv/rpm\\ngpgcheck=0\\nenabled=1\\n' | tee /etc/yum.repos.d/law.repo >/etc/zypp/repos.d/law.repo
`);
}
