# Does by hand, on a clean host, what the web-server play does: the floor of its first run. Contents are stand-ins of the
# same size; the steps are those of the play, with packages in one transaction.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
apt-get install -y -q --no-install-recommends tree less bc rsync lsof time psmisc >/dev/null
groupadd -g 2101 web; groupadd -g 2102 deploy; groupadd -g 2103 backups; groupadd -r metrics
useradd -u 2101 -g web -s /usr/sbin/nologin -d /srv/shop -M web
useradd -u 2102 -g deploy -G web -s /bin/bash -m deploy
useradd -u 2103 -g backups -c 'Backups of the shop' -s /bin/sh -m backups
useradd -r -g metrics -s /usr/sbin/nologin -M metrics
install -d -o web -g web -m 755 /srv/shop
install -d -o deploy -g web -m 755 /srv/shop/releases
install -d -o web -g web -m 750 /srv/shop/shared
install -d /etc/shop /etc/shop/conf.d
install -d -o web -g adm -m 750 /var/log/shop
install -d -o backups -g backups -m 700 /var/backups/shop
ln -sfn /srv/shop/releases /srv/shop/current; chown -h deploy:web /srv/shop/current
put() { # PATH OWNER MODE < CONTENT
  cat >"$1.new"; chown "$2" "$1.new"; chmod "$3" "$1.new"; mv "$1.new" "$1"
}
unit() {
  printf '[Unit]\nDescription=%s\n\n[Service]\nUser=web\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n' "$1"
}
text='This host runs the web shop. Its configuration is managed; edits are lost.'
for path in /etc/motd /etc/logrotate.d/shop /etc/security/limits.d/shop.conf /etc/shop/conf.d/virtual-host.conf; do
  printf '# %s\n' "$text" | put "$path" root:root 644
done
printf '#!/bin/sh\nexec true\n' | put /usr/local/bin/shop-health root:root 755
echo 'deploy ALL=(root) NOPASSWD: /bin/systemctl restart shop' | put /etc/sudoers.d/shop-deploy root:root 440
printf '%s\n' "$text" | put /etc/shop/shop.conf root:web 640
echo SHOP_PORT=8080 | put /etc/shop/environment root:web 640
printf '%s\n' "$text" | put /etc/shop/backup.conf backups:backups 600
unit shop | put /etc/systemd/system/shop.service root:root 644
unit worker | put /etc/systemd/system/shop-worker.service root:root 644
printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' | put /etc/systemd/system/shop-cleanup.service root:root 644
printf '[Timer]\nOnCalendar=*-*-* 03:30:00\n\n[Install]\nWantedBy=timers.target\n' |
  put /etc/systemd/system/shop-cleanup.timer root:root 644
sed -i 's/^UMASK\s.*/UMASK 027/' /etc/login.defs
echo 'export HISTSIZE=10000' >>/etc/profile
sed -i 's/^#\{0,1\}ClientAliveInterval.*/ClientAliveInterval 60/; s/^#\{0,1\}PrintLastLog.*/PrintLastLog no/' /etc/ssh/sshd_config
echo EDITOR=vi >>/etc/environment
systemctl daemon-reload
systemctl enable --now -q shop shop-worker shop-cleanup.timer ssh
systemctl restart shop
systemctl is-active shop shop-worker shop-cleanup.timer ssh
