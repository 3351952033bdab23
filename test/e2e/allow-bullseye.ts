/**
 * sh, as root: lets a Debian 12 host install what only Debian 11 has (consul 1.8.7); everything else stays Debian 12's. Without a mirror
 * that the machine names, the host's own first source tells where Debian is.
 */
export function allowBullseyeScript(mirror: string | undefined): string {
  return `set -eu
mirror=${mirror ?? "$(sed -n 's/^deb \\(\\[[^]]*\\] \\)\\{0,1\\}\\([^ ]*\\) bookworm .*/\\2/p' /etc/apt/sources.list | head -n 1)"}
echo "deb $mirror bullseye main" >/etc/apt/sources.list.d/bullseye.list
printf 'Package: *\\nPin: release n=bullseye\\nPin-Priority: 100\\n' >/etc/apt/preferences.d/bullseye
apt-get update -q
`;
}
