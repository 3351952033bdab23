import { type Sh, sh } from "../task/sh.ts";

/** What to wait for, as the module `wait_for` takes it. Times in seconds. */
export interface Wait {
  readonly host: string;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly state: "started" | "present" | "stopped" | "absent" | "drained";
  readonly search_regex?: string | undefined;
  readonly timeout: number;
  readonly delay: number;
  readonly sleep: number;
  readonly connect_timeout: number;
  readonly active_connection_states: readonly string[];
  readonly exclude_hosts: readonly string[];
}

/** States of TCP connections as /proc/net/tcp numbers them. */
const tcpStates: Readonly<Record<string, string>> = {
  ESTABLISHED: "01",
  SYN_SENT: "02",
  SYN_RECV: "03",
  FIN_WAIT1: "04",
  FIN_WAIT2: "05",
  TIME_WAIT: "06",
};

/** Perl's regular expressions know all of Python's forms that playbooks use, named groups too. */
const perl = `use strict; use Socket qw(:DEFAULT inet_pton inet_ntop getaddrinfo AF_INET6); use IO::Socket::IP; use IO::Select; sub nap { select undef, undef, undef, $_[0] }
my ($host, $port, $path, $state, $regex, $delay, $timeout, $pause, $patience, $states, $excluded) = @ARGV;
$| = 1; binmode STDOUT; $SIG{PIPE} = "IGNORE"; nap($delay) if $delay; my $end = time + $timeout;
my $wants = $regex eq "" ? undef : eval { qr/$regex/m }; if ($regex ne "" && !defined $wants) { print "bad search_regex: $@"; exit }
sub done {
  print "ok"; my $i = 1;
  if (defined $_[0]) {
    no strict "refs"; my $text = $_[0]; $text =~ $wants; my @groups = $#+ ? map { defined $-[$_] ? substr($text, $-[$_], $+[$_] - $-[$_]) : undef } 1 .. $#+ : ();
    my %named = %+; my %all = map { $_ => 1 } $regex =~ /\\(\\?P?<([A-Za-z_]\\w*)>/g;
    print "\\0", $i++, "\\0", defined $_ ? 1 : 0, "\\0", defined $_ ? $_ : "" for @groups;
    for (sort keys %all) { my $v = $named{$_}; print "\\0$_\\0", defined $v ? 1 : 0, "\\0", defined $v ? $v : "" }
    print "\\0";
  }
  exit;
}
sub connected { my $left = $end - time; my $t = $left < $patience ? $left : $patience; $t = 0.1 if $t < 0.1; IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Type => SOCK_STREAM, Timeout => $t) }
sub busy {
  my %count = map { $_ => 1 } split / /, $states; my (%skip, %local); my $hex = sprintf "%04X", $port;
  my $key = sub { my ($family, $packed) = @_; $packed = substr($packed, 12) if length $packed == 16 && substr($packed, 0, 12) eq "\\0" x 10 . "\\xff\\xff"; unpack "H*", $packed };
  for my $p ([$excluded, \\%skip], [$host, \\%local]) { for my $name (split / /, $p->[0]) { my ($err, @found) = getaddrinfo($name, "", { socktype => SOCK_STREAM }); for (@found) { my @a = $_->{family} == AF_INET6 ? Socket::unpack_sockaddr_in6($_->{addr}) : Socket::unpack_sockaddr_in($_->{addr}); $p->[1]{ $key->($_->{family}, $a[1]) } = 1 } } }
  my $every = $host eq "0.0.0.0" || $host eq "::";
  for my $file ("/proc/net/tcp", "/proc/net/tcp6") {
    open my $f, "<", $file or next; <$f>;
    while (<$f>) { my (undef, $here, $there, $st) = split; my ($a, $p) = split /:/, $here; next unless $p eq $hex && $count{$st}; my ($b) = split /:/, $there;
      my ($x, $y) = map { join "", map { unpack "H*", pack "V", hex } /.{8}/g } $a, $b; s/^0{20}ffff// for $x, $y;
      return 1 if ($every || $local{$x}) && !$skip{$y} }
  }
  0;
}
while (1) {
  if ($state eq "stopped" || $state eq "absent") { if ($path ne "") { done() unless -e $path || -l $path } else { my $s = connected(); done() unless $s; close $s } }
  elsif ($state eq "drained") { done() unless busy() }
  elsif ($path ne "") {
    if (-e $path) { done() unless defined $wants; if (open my $f, "<", $path) { binmode $f; local $/; my $t = <$f>; done($t) if defined $t && $t =~ $wants } }
  } elsif (my $s = connected()) {
    done() unless defined $wants; my ($text, $select, $until) = ("", IO::Select->new($s), time + $patience); $until = $end if $end < $until;
    while (time < $until && $select->can_read($until - time)) { last unless sysread $s, $text, 1024, length $text; done($text) if $text =~ $wants }
  }
  my $left = $end - time; last if $left <= 0; nap($pause < $left ? $pause : $left);
}
print "timeout";`;

/** One script that waits on the host itself. Prints `ok`, `timeout` or what is wrong, then the groups of the match. */
export function waitScript(wait: Wait): Sh {
  const { host, port, path = "", state, search_regex = "", delay, timeout, sleep, connect_timeout } = wait;
  const states = wait.active_connection_states.map((name) => tcpStates[name]).join(" ");
  const words = [
    host,
    port ?? "",
    path,
    state,
    search_regex,
    delay,
    timeout,
    sleep,
    connect_timeout,
    states,
    wait.exclude_hosts.join(" "),
  ];
  return sh`if command -v perl >/dev/null; then exec perl -e ${perl} -- ${words}; fi
${state === "drained" ? sh`printf 'perl is needed for state=drained'; exit` : plainLoop(wait)}`;
}

/** A host without Perl (Alpine): bash or nc for ports, grep for texts. */
function plainLoop({ host, port, path, state, search_regex, delay, timeout, sleep, connect_timeout }: Wait): Sh {
  const isThere =
    path === undefined
      ? sh`if command -v bash >/dev/null; then timeout ${connect_timeout} bash -c ': < "/dev/tcp/$0/$1"' ${host} ${port} 2>/dev/null
  elif command -v nc >/dev/null; then nc -w ${Math.ceil(connect_timeout)} ${host} ${port} </dev/null >/dev/null 2>&1
  else printf 'perl, bash or nc is needed to look at a port'; exit; fi`
      : search_regex === undefined
        ? sh`[ -e ${path} ] || [ -L ${path} ]`
        : sh`grep -q -E -e ${search_regex} -- ${path} 2>/dev/null`;
  const isGone = state === "stopped" || state === "absent";
  return sh`sleep ${delay}; e=$(($(date +%s) + ${Math.ceil(timeout)}))
there() {
  ${isThere}
}
while :; do
  ${isGone ? sh`there ||` : sh`there &&`} { printf ok; exit; }
  [ "$(date +%s)" -ge "$e" ] && break
  sleep ${sleep}
done
printf timeout`;
}
