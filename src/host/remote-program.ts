/**
 * What runs on the host: a reader and an executor, both plain POSIX sh (dash, bash, busybox), made from one text.
 *
 * The reader is a background process that takes frames from the wire as they come, so that a `stop` is seen while a body
 * runs and the end of the connection is seen at once. It spools scripts into a private directory and queues them through
 * a FIFO. The executor runs them in order, each as a child in a session of its own.
 *
 * Rules that hold here, each paid for by somebody:
 * - Bodies never see the wire: stdin is `/dev/null` or their payload, stdout and stderr are pipes of their own.
 * - A frame counts only when its final `.` line has come: a script that was cut off is never run, and a payload that was
 *   cut off never looks complete to the body that reads it.
 * - Output passes through pipes into `dd`, so that `yes` is slowed down by its pipe and fills neither disk nor memory:
 *   the start is kept in a file, of the rest `tail -c` keeps the end.
 * - When a body has ended but something still holds its pipe, the output is complete as soon as the pipe's reader
 *   sleeps, because every write before the body's end has woken it.
 * - The executor stands in the foreground, as the child of sshd or sudo, so that its death closes the channel. Nobody else
 *   keeps the wire open: redirections of a background function would (dash saves the old descriptors), hence the `exec`s.
 */

/** Payloads up to this size wait in the spool; bigger ones are streamed to the body through a FIFO. */
export const spooledStdinLimit = 1024 * 1024;

/** The program; arguments: spool directory, nonce, way of taking bytes (`h`, `f`, `b`), shell for bodies. */
export const remoteProgram = String.raw`{
umask 077
d=$1 n=$2 m=$3; shift 3; s=$*
cd "$d" || exit
for v in XDG_RUNTIME_DIR http_proxy https_proxy no_proxy; do
  eval "[ \"\$$v\" ] || unset $v"
done
USER=$(id -un) LOGNAME=$USER
[ "$HOME" ] || HOME=$(eval "echo ~$USER")
export HOME USER LOGNAME
exec 9>&-

take() {
  case $m in
    h) head -c $1 ;;
    f) [ $1 -lt 65536 ] || dd bs=65536 count=$(($1 / 65536)) iflag=fullblock
       [ $(($1 % 65536)) = 0 ] || dd bs=$(($1 % 65536)) count=1 iflag=fullblock ;;
    *) dd bs=1 count=$1 ;;
  esac 2>/dev/null
}

# Signals the group of the body that runs now with $2, if it is body $1 ("*" is any) and, with "spare", not protected.
end() {
  i= p= f=; read -r i p f <now
  case $i in $1) ;; *) return 1 ;; esac
  [ "$p" ] || return 1
  [ "$3" != spare ] || [ "$f" != p ] || return 1
  kill -$2 -$p || kill -$2 $p
}

reader() {
  exec 8>queue
  while IFS=' ' read -r k i z y f l; do
    case $k in
      run)
        take $z >$i.s
        if [ $y = 0 ]; then y=-
        elif [ $y -le ${spooledStdinLimit} ]; then take $y >$i.i; y=$i.i
        else
          mkfifo $i.i
          echo "$i $i.i $f $l" >&8
          exec 7>$i.i
          take $y >&7
          e=; IFS= read -r e
          [ "$e" = . ] || { : >$i.x; end $i KILL; break; }
          exec 7>&-
          continue
        fi
        e=; IFS= read -r e
        [ "$e" = . ] || break
        echo "$i $y $f $l" >&8 ;;
      stop)
        : >$i.x
        [ $z = 0 ] || end $i $z ;;
    esac
  done
  : >gone
  exec 8>&-
  if end "*" TERM spare; then
    for t in 1 2 3 4 5 6 7 8 9 10; do
      sleep 0.2 || sleep 1
      p=; read -r i p f <now
      [ "$p" ] || break
    done
    end "*" KILL spare
  fi
  exec 7>&-
  while [ -d /proc/$$ ]; do sleep 0.1 || sleep 1; done
  cd / && rm -rf "$d"
}

# Sets b to the size that dd reported in $1, or else counts the bytes of $2; r to its number of reads ("9+7").
size() {
  b= r=0
  while read -r w x y; do
    case "$x $y" in "records in") r=$w ;; byte*) b=$w ;; esac
  done <$1
  [ "$b" ] || { b=0; [ ! -s $2 ] || b=$(wc -c <$2); }
  b=$(($b))
}

# Keeps what the first 16 reads of stdin gave (at most 1 MiB), and of all that follows the last $2 bytes.
pump() {
  exec 4<&0
  dd bs=65536 count=16 <&4 >$1.h 2>$1.n & echo $! >$1.p
  wait $!
  [ ! -e $1.q ] || return
  size $1.n $1.h
  [ $(($r)) -ge 16 ] || return
  { read -r p x </proc/self/stat; echo $p >$1.p; exec dd bs=65536 <&4 2>$1.m; } | tail -c $2 >$1.t
}

state() {
  q=; { read -r q </proc/$1/stat; } 2>/dev/null
  q=\${q##*) }; q=\${q%% *}
}

# Waits until pump $2 of stream $1 has stored all that the body wrote.
drain() {
  t=0 c=0
  while state $2; [ "$q" ] && [ $q != Z ] && [ $q != X ]; do
    t=$((t + 1))
    [ $t -gt 40 ] || continue
    p=; read -r p <$1.p
    state "$p"
    case $q in S) c=$((c + 1)) ;; *) c=0 ;; esac
    if [ $c -gt 2 ] || [ $t -gt 300 ]; then
      : >$1.q; kill $p; c=0
      [ $t -lt 400 ] || kill -KILL $2
    fi
    sleep 0.01 || sleep 1
  done
  [ ! -e $1.q ] || { rm -f $1.q; : >$1.n; }
}

# Pipes are used once: what a body left in the background must not reach the next one's output.
pipes() {
  [ -z "$u" ] || rm -f $u
  u="o1 o2 o3 o4 o5 o6 o7 o8 e1 e2 e3 e4 e5 e6 e7 e8" k=0
  mkfifo $u
}

body() {
  read -r p x </proc/self/stat
  echo "$i $p $f" >now
  [ ! -e $i.x ] && [ ! -e gone ] || exit 143
  umask 022
  cd "$HOME" 2>/dev/null || cd /
  unset OLDPWD
  exec setsid $s "$d/$i.s" 9>&-
}

include() { . ./$1; }

# Sets c to the size of the tail of stream $1 and b to the bytes that passed; some dd count only reads: then b is the least.
passed() {
  c=$(($(wc -c <$1.t)))
  size $1.m /dev/null
  [ $b -gt 0 ] || b=$((\${r%+*} * 65536))
  [ $b -gt $c ] || { [ $c -lt $l ] && b=$c || b=$((c + 1)); }
}

answer() {
  size o.n o.h; oh=$b ot=0 om=0
  size e.n e.h; eh=$b et=0 em=0
  [ ! -e o.m ] || { passed o; ot=$c om=$b; }
  [ ! -e e.m ] || { passed e; et=$c em=$b; }
  echo "$n $i $1 $oh $ot $om $eh $et $em"
  set --
  [ $oh = 0 ] || set -- o.h
  [ $ot = 0 ] || set -- "$@" o.t
  [ $eh = 0 ] || set -- "$@" e.h
  [ $et = 0 ] || set -- "$@" e.t
  [ $# = 0 ] || cat "$@"
  echo "$n $i ."
  [ ! -e o.m ] && [ ! -e e.m ] || rm -f o.m e.m
}

executor() {
  while IFS=' ' read -r i y f l; do
    [ ! -e gone ] || break
    if [ -e $i.x ]; then
      [ ! -p $i.i ] || cat $i.i >/dev/null
      rm -f $i.*
      echo "$n $i - 0 0 0 0 0 0
$n $i ."
      continue
    fi
    if [ $f = i ]; then
      include $i.s </dev/null >o.h 2>e.h; r=$?
      : >o.n; : >e.n
      answer $r
      continue
    fi
    [ $k -lt 8 ] || pipes
    u="$u $i.s $i.x"
    if [ $f = d ]; then
      [ $y = - ] && y=/dev/null || u="$u $y"
      (body) <$y >o.h 2>e.h; r=$?
      : >now; : >o.n; : >e.n; : >$i.s
      answer $r
      continue
    fi
    k=$((k + 1))
    (exec <o$k >/dev/null 2>&1; pump o $l) & po=$!
    (exec <e$k >/dev/null 2>&1; pump e $l) & pe=$!
    if [ $y = - ]; then
      (body) </dev/null >o$k 2>e$k; r=$?
    else
      u="$u $y"
      exec 6<$y
      (exec 6<&-; body) <$y >o$k 2>e$k; r=$?
      [ ! -p $y ] || cat <&6 >/dev/null
      exec 6<&-
      [ -p $y ] || : >$y
    fi
    : >now
    drain o $po
    drain e $pe
    : >$i.s
    answer $r
  done
}

for x in ../.tsrun-*; do
  [ -O "$x" ] && [ ! -L "$x" ] || continue
  p=; { read -r p <"$x/pid"; } 2>/dev/null
  [ -z "$p" ] || [ -d "/proc/$p" ] || rm -rf "$x"
done
mkfifo queue
# Reading state needs no pipes.
u= k=8
exec 3<&0
(exec <&3 3<&- >/dev/null 2>&1; reader) &
exec <queue 3<&-
M= B=
{ read -r M </etc/machine-id; read -r B </proc/sys/kernel/random/boot_id; } 2>/dev/null
echo "$n hello 1 $$ \${M:--} \${B:--} $(id -u) $USER
$n $HOME"
exec 2>/dev/null
executor
cd / && rm -rf "$d"
exit
}
`.replaceAll("\\${", "${");
