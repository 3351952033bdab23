import type { HttpDestination, HttpRequest } from "./host-http.ts";
import { type Sh, sh } from "./sh.ts";

/** What curl reads with `--config`. https://curl.se/docs/manpage.html#-K */
export function curlConfig(request: HttpRequest): string {
  const text = (name: string, value: string | undefined) =>
    value === undefined ? "" : `${name} = "${escapeConfig(value)}"\n`;
  return [
    text("url", request.url),
    // curl waits for a body that an answer to HEAD does not have, unless it knows.
    request.method === "HEAD" ? "head\n" : text("request", request.method),
    ...Object.entries(request.headers).map(([name, value]) =>
      text("header", value === "" ? `${name};` : `${name}: ${value}`),
    ),
    text("header", "Expect:"),
    ...["Accept", "User-Agent"].map((name) => (hasHeader(request, name) ? "" : text("header", `${name}:`))),
    hasBody(request) && !hasHeader(request, "Content-Type") ? text("header", "Content-Type:") : "",
    `connect-timeout = ${request.timeoutSeconds}\nspeed-limit = 1\nspeed-time = ${request.timeoutSeconds}\n`,
    request.validatesCertificates ? "" : "insecure\n",
    request.usesProxy ? "" : 'noproxy = "*"\n',
    text("unix-socket", request.unixSocket),
    text("cacert", request.caPath),
    text("cert", request.clientCert),
    text("key", request.clientKey),
    text("ciphers", request.ciphers?.join(":")),
    request.usesNetrc ? "netrc-optional\n" : "",
  ].join("");
}

/** What GNU wget reads with `--config`. https://www.gnu.org/software/wget/manual/wget.html#Wgetrc-Commands */
export function wgetConfig(request: HttpRequest): string {
  return [
    `method = ${request.method}`,
    ...Object.entries(request.headers).map(([name, value]) => `header = ${name}: ${oneLine(value)}`),
    `timeout = ${request.timeoutSeconds}`,
    "tries = 1",
    "max_redirect = 0",
    "content_on_error = on",
    "server_response = on",
    ...(hasHeader(request, "User-Agent") ? [] : ["user_agent = "]),
    ...(request.validatesCertificates ? [] : ["check_certificate = off"]),
    ...(request.usesProxy ? [] : ["use_proxy = off"]),
    ...(request.caPath === undefined ? [] : [`ca_certificate = ${oneLine(request.caPath)}`]),
    ...(request.clientCert === undefined ? [] : [`certificate = ${oneLine(request.clientCert)}`]),
    ...(request.ciphers === undefined ? [] : [`ciphers = ${oneLine(request.ciphers.join(":"))}`]),
    ...(request.usesNetrc === false ? ["netrc = off"] : []),
    ...(request.clientKey === undefined ? [] : [`private_key = ${oneLine(request.clientKey)}`]),
    "",
  ].join("\n");
}

/** The head of an HTTP/1.0 request; the length of a body that is a file of the host is filled in there. */
export function rawRequest(request: HttpRequest): string {
  const url = new URL(request.url);
  const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${oneLine(value)}`);
  const length = hasBody(request) ? ["Content-Length: @LENGTH@"] : [];
  const host = hasHeader(request, "Host") ? [] : [`Host: ${url.host}`];
  return [
    `${request.method} ${url.pathname}${url.search} HTTP/1.0`,
    ...host,
    ...lines,
    ...length,
    "Connection: close",
    "",
    "",
  ].join("\r\n");
}

/** Connects by TCP (both families) or a Unix socket, sends the two files, prints all that comes back. */
const perlClient = `use strict; use Socket; my ($head, $body, $host, $port, $unix, $timeout) = @ARGV; my $s;
$SIG{ALRM} = sub { die "timed out\\n" }; alarm $timeout;
if ($unix ne "") { require IO::Socket::UNIX; $s = IO::Socket::UNIX->new(Peer => $unix) or die "$!\\n" }
else { require IO::Socket::IP; $s = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Type => SOCK_STREAM) or die "$@\\n" }
binmode $s; binmode STDOUT; $s->autoflush(1);
sub slurp { open(my $f, "<", $_[0]) or die "$_[0]: $!\\n"; binmode $f; local $/; my $t = <$f>; defined $t ? $t : "" }
my $length = -s $body || 0; my $text = slurp($head); $text =~ s/\\@LENGTH\\@/$length/; $SIG{PIPE} = "IGNORE";
print $s $text; if ($length) { print $s slurp($body) }
my $chunk; while (sysread($s, $chunk, 65536)) { alarm $timeout; print $chunk }`;

/**
 * The script of a request. Its stdin is curl's settings, wget's, the URL, the raw request and the body, of the lengths given. It prints
 * `client rc header-bytes body-bytes written dest`, the headers and, where they are wanted, the body; -1 bytes when it is not.
 */
export function httpScript(request: HttpRequest, lengths: readonly number[]): Sh {
  const [curl = 0, wget = 0, url = 0, raw = 0] = lengths;
  const { hostname, port, protocol } = new URL(request.url);
  const isSecure = protocol === "https:";
  const part = (from: number, length: number) => sh`tail -c +${from + 1} "$d/in" | head -c ${length}`;
  const body = request.bodyPath === undefined ? sh`"$d/body"` : sh`${request.bodyPath}`;
  const perl = [hostname.replace(/^\[|\]$/g, ""), port || "80", request.unixSocket ?? "", request.timeoutSeconds];
  return sh`umask 077; d=$(mktemp -d) || exit; trap 'rm -rf "$d"' EXIT; trap 'exit 143' TERM INT HUP
cat > "$d/in" || exit
${part(0, curl)} > "$d/curl"; ${part(curl, wget)} > "$d/wgetrc"; ${part(curl + wget, url)} > "$d/url"
${part(curl + wget + url, raw)} > "$d/raw"; tail -c +${curl + wget + url + raw + 1} "$d/in" > "$d/body"; rm -f "$d/in"
: > "$d/head"; : > "$d/out"
if command -v curl >/dev/null; then
  c=curl; curl -q -sS --config "$d/curl" ${hasBody(request) && sh`--data-binary @${body}`} -D "$d/head" -o "$d/out" </dev/null; r=$?
elif ${request.unixSocket === undefined ? sh`wget --version 2>/dev/null | grep -q '^GNU'` : sh`false`}; then
  # It prints the head indented on stderr, also of an answer whose body it does not keep.
  c=wget; wget --config="$d/wgetrc" -nv -O "$d/out" ${hasBody(request) && sh`--body-file=${body}`} -i "$d/url" 2>"$d/err" </dev/null; r=$?
  sed -n 's/^  //p' "$d/err" > "$d/head"; [ -s "$d/head" ] || cat "$d/err" >&2
elif ${isSecure ? sh`false` : sh`command -v perl >/dev/null`}; then
  c=perl; perl -e ${perlClient} "$d/raw" ${body} ${perl} > "$d/all" </dev/null; r=$?
  # The head ends at the first empty line.
  n=$(grep -n -m 1 -a "^$(printf '\r')\{0,1\}$" "$d/all" | cut -d : -f 1); n=\${n:-0}
  head -n "$n" "$d/all" > "$d/head"; h=$(wc -c < "$d/head"); tail -c +$((h + 1)) "$d/all" > "$d/out"
else
  echo none; exit
fi
${request.decompresses && unpacked}
code=$(grep -a '^HTTP/' "$d/head" | tail -n 1 | cut -d ' ' -f 2); w=0; p=
${request.dest && placeBody(request.dest)}
b=-1
if ${request.wantsContent ? sh`true` : sh`grep -a -i '^content-type:' "$d/head" | grep -q -i -E '/(.*\+)?(json|javascript)'`}; then b=$(wc -c < "$d/out"); fi
printf '%s %s %s %s %s%s\n' $c $r $(wc -c < "$d/head") $b $w "\${p:+ $p}"
cat "$d/head"; [ $b = -1 ] || cat "$d/out"
exit 0`;
}

/** curl itself would ask the server for it, and fail at encodings that it does not know. */
const unpacked = sh`if grep -a -i -q '^content-encoding: *gzip' "$d/head" && [ -s "$d/out" ]; then
  gzip -dc < "$d/out" > "$d/plain" && mv -f "$d/plain" "$d/out" || { echo 'the answer cannot be unpacked' >&2; exit 1; }
fi`;

/** Puts a good answer's body in its place by a rename, unless it is there already. */
function placeBody(dest: HttpDestination): Sh {
  const owner = `${dest.owner ?? ""}${dest.group === undefined ? "" : `:${dest.group}`}`;
  return sh`p=${dest.path}; [ -d "$p" ] && p=\${p%/}/${dest.fileName}
set -- ${dest.statuses.filter((status) => status !== 304)}
case " $* " in *" $code "*)
  # The open file, not its name: who may write the directory could put a link there.
  attributes() { ${owner !== "" && sh`chown -- ${owner} /proc/self/fd/3 &&`} ${dest.mode !== undefined && sh`chmod -- ${dest.mode} /proc/self/fd/3 &&`} :; }
  facts() { stat -Lc %a:%u:%g /proc/self/fd/3; }
  if [ -f "$p" ] && exec 3<"$p" && cmp -s "$d/out" /proc/self/fd/3; then
    a=$(facts); attributes || exit; [ "$(facts)" = "$a" ] || w=1
  else
    m=644; [ -f "$p" ] && m=$(stat -c %a -- "$p")
    t=$(mktemp -u "\${p%/*}/.tsrun-XXXXXX") && set -C && exec 3>"$t" && set +C || exit
    cat "$d/out" >&3 && chmod "$m" /proc/self/fd/3 && attributes && mv -f -- "$t" "$p" || { rm -f -- "$t"; exit 1; }
    w=1
  fi;;
esac`;
}

function hasBody({ body, bodyPath }: HttpRequest): boolean {
  return bodyPath !== undefined || (body !== undefined && body.length > 0);
}

function hasHeader({ headers }: HttpRequest, name: string): boolean {
  return Object.keys(headers).some((header) => header.toLowerCase() === name.toLowerCase());
}

/** A quoted value of curl's settings. */
function escapeConfig(value: string): string {
  return oneLine(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

/** A line break in a header or URL would start a line of its own in the request. */
function oneLine(value: string): string {
  return value.replace(/[\r\n]+/g, " ");
}
