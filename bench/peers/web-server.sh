# What the web-server play needs to know of a host, read as a person would who has to do it by hand: the least number of
# processes. It compares nothing: a floor is not to be beaten by leaving work out of it.
stat -c '%n %Y' /var/lib/apt/lists /var/cache/apt/pkgcache.bin
dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' tree less bc rsync lsof time psmisc
getent group web deploy backups metrics
getent passwd web deploy backups metrics
id -Gn deploy
stat -c '%n %F %a %U %G %s %Y' /srv/shop /srv/shop/releases /srv/shop/shared /etc/shop /etc/shop/conf.d /var/log/shop \
  /var/backups/shop /srv/shop/current /etc/shop/legacy.conf /etc/motd /etc/logrotate.d/shop /usr/local/bin/shop-health \
  /etc/sudoers.d/shop-deploy /etc/security/limits.d/shop.conf /etc/shop/shop.conf /etc/shop/environment \
  /etc/shop/conf.d/virtual-host.conf /etc/shop/backup.conf /etc/systemd/system/shop.service \
  /etc/systemd/system/shop-worker.service /etc/systemd/system/shop-cleanup.service \
  /etc/systemd/system/shop-cleanup.timer /etc/login.defs /etc/profile /etc/ssh/sshd_config /etc/environment 2>&1
readlink /srv/shop/current
sha256sum /etc/motd /etc/logrotate.d/shop /usr/local/bin/shop-health /etc/sudoers.d/shop-deploy \
  /etc/security/limits.d/shop.conf /etc/shop/shop.conf /etc/shop/environment /etc/shop/conf.d/virtual-host.conf \
  /etc/shop/backup.conf /etc/systemd/system/shop.service /etc/systemd/system/shop-worker.service \
  /etc/systemd/system/shop-cleanup.service /etc/systemd/system/shop-cleanup.timer
cat /etc/login.defs /etc/profile /etc/ssh/sshd_config /etc/environment
systemctl show -p Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload shop shop-worker shop-cleanup.timer ssh
