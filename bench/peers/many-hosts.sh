# What the many-hosts play needs to know of a host, in the least number of processes.
cd "$BASE" || exit 1
stat -c '%n %F %a %U %G %s %Y' app app/conf.d app/data app/log app/current app/one app/two app/three app/app.conf app/conf.d/a.conf \
  app/conf.d/b.conf app/lines || exit 1
sha256sum app/one app/two app/three app/app.conf app/conf.d/a.conf app/conf.d/b.conf
cat app/lines
getent group root daemon
getent passwd daemon
dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' bash openssh-server
