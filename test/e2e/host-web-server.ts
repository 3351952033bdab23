/** sh that serves the files of a directory of the host over HTTP on its loopback, with the Perl that every Debian has. */
export function serveFiles(directory: string, port: number): string {
  return `cat >/run/serve-${port}.pl <<'END'
use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => ${port}, Listen => 50, ReuseAddr => 1) or die;
while (my $c = $s->accept) { my $l = <$c>; while (<$c> =~ /\\S/) {} my ($m, $p) = $l =~ m{^(\\w+) /([\\w.-]+)}; my $f = "${directory}/" . ($p // "");
my $type = $f =~ /json$/ ? "application/json" : "text/plain";
if (-f $f) { open F, "<", $f; local $/; my $t = <F>; print $c "HTTP/1.0 200 OK\\r\\nContent-Type: $type\\r\\nContent-Length: ", length $t, "\\r\\n\\r\\n", $m eq "HEAD" ? "" : $t }
else { print $c "HTTP/1.0 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n" } close $c }
END
systemctl stop serve-${port} 2>/dev/null || :; systemd-run -q --unit serve-${port} perl /run/serve-${port}.pl
`;
}
