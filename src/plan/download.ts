import { encodeBytes } from "../lib/bytes.ts";
import { type Change, change, runCommand, type Step } from "../task/change.ts";
import { TaskFailure } from "../task/failure.ts";
import { defineQuery } from "../task/query.ts";
import { type Sh, sh, shLines } from "../task/sh.ts";
import { openBeside } from "./open-beside.ts";

/** A file that a host fetches by itself. */
export interface Download {
  readonly url: string;
  readonly path: string;
  /** Seconds for connecting, and for silence on the line. */
  readonly timeout: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly validate_certs?: boolean | undefined;
  readonly use_proxy?: boolean | undefined;
  readonly http_agent?: string | undefined;
  readonly client_cert?: string | undefined;
  readonly client_key?: string | undefined;
  /** Unpack what the server packed with gzip. */
  readonly decompress?: boolean | undefined;
  readonly ciphers?: readonly string[] | undefined;
  readonly use_netrc?: boolean | undefined;
  /** Only curl keeps headers from another host where a redirect leads. */
  readonly needsCurl?: boolean | undefined;
  /** Fetch it even when what is there is as new. */
  readonly force?: boolean | undefined;
  /** `sha256:<hex>`: what is fetched must have it, or nothing changes. */
  readonly checksum?: { readonly algorithm: string; readonly hex: string } | undefined;
  /** A list of checksums (`sha256sum` format) that the host fetches first. */
  readonly checksumUrl?: { readonly algorithm: string; readonly url: string } | undefined;
  /** Mode and owner of a new file; one that is replaced keeps its own. */
  readonly mode?: string | undefined;
  readonly backup?: boolean | undefined;
  /** Also tell the MD5 of what was fetched. */
  readonly wantsMd5?: boolean | undefined;
  /** An OpenPGP key: the path gets `.asc` when it is armored, else `.gpg`. */
  readonly isKey?: boolean | undefined;
}

/** That a task fetched a file. Never asked: the subject of {@link fetchFile}'s change, so that a second plan knows what was there before. */
const fetched = defineQuery<string, { readonly previous: string | undefined }>({
  name: "fetched",
  script: () => sh`:`,
  parse: (_, keys) => keys.map(() => ({ previous: undefined })),
});

/** The event of fetching a file. Whether it changes anything is known only afterwards. `previous`: checksum of what is there now. */
export function fetchFile(download: Download, previous: string | undefined): Change {
  const options = { isEvent: true, isQuiet: true, mayAlter: ["file", "file-content", "file-checksum"] };
  return change(fetched(download.path), { previous }, downloadStep(download), options);
}

/** What {@link fetchFile} was told was there before, when this task has fetched to that path already. */
export function previousOf(
  path: string,
  applied: readonly Change[],
): { readonly previous: string | undefined } | undefined {
  const { id } = fetched(path);
  return applied.find((done) => done.query.id === id)?.after as { readonly previous: string | undefined } | undefined;
}

/**
 * Fetches a file with curl, wget or apt's own helper, whichever the host has, and puts it in place only when its content differs.
 * Prints `md5=` when it is wanted, `same` or `changed`, then `status=CODE` where it is known and `elapsed=SECONDS`. Names and passwords go through standard input, never through arguments.
 */
export function downloadStep(given: Download): Step {
  refuseBadUrl(given.url);
  const download = withoutCredentials(given);
  const { path, checksum, checksumUrl, force } = download;
  // Only HTTP says "not modified"; for others curl would leave an empty file.
  const isConditional = force !== true && !checksum && !checksumUrl && /^https?:/i.test(download.url);
  const curl = curlConfig(download);
  const wget = wgetConfig(download);
  const script = shLines([
    fetchFunction(download, curl.length),
    sh`p=${path}; case $p in */*) d=\${p%/*};; *) d=.;; esac; [ -n "$d" ] || d=/`,
    sh`[ -d "$d" ] || { echo "Destination $d does not exist" >&2; exit 1; }`,
    sh`w=$(mktemp -d) || exit; c=$w/settings; trap 'rm -rf -- "$w"' EXIT; cat > "$c"`,
    openBeside(sh`"$d"`),
    sh`trap 'rm -rf -- "$w"; rm -f -- "$t"' EXIT`,
    download.isKey && sh`k=$p; [ -f "$k.asc" ] && p=$k.asc; [ -f "$k.gpg" ] && p=$k.gpg`,
    checksumUrl && wantedFromList(download.url, checksumUrl.url),
    checksumUrl && force !== true && unlessRight(`${checksumUrl.algorithm}sum`),
    checksum && sh`want=${checksum.hex}`,
    sh`begun=$(date +%s); fetch ${download.url} "$o" ${isConditional && sh`"$p"`} || exit; told="elapsed=$(($(date +%s) - begun))"`,
    sh`[ "$code" = 304 ] && { echo same; echo status=304; echo "$told"; exit 0; }`,
    (checksum ?? checksumUrl) && verify(`${(checksum ?? checksumUrl)?.algorithm}sum`),
    download.isKey &&
      sh`if grep -q 'BEGIN PGP PUBLIC KEY BLOCK' "$o"; then p=$k.asc; rm -f -- "$k.gpg"; else p=$k.gpg; rm -f -- "$k.asc"; fi`,
    download.wantsMd5 && sh`m=$(md5sum <"$o") 2>/dev/null && echo "md5=\${m%% *}"`,
    sh`if [ -f "$p" ] && cmp -s -- "$o" "$p"; then echo same; echo "status=$code"; echo "$told"; exit 0; fi`,
    download.backup &&
      sh`[ -e "$p" ] && b=$p.$$.$(date +%Y-%m-%d@%H:%M:%S)~ && { cp -p -- "$p" "$b" && printf 'backup_file=%s\n' "$b" || exit; }`,
    sh`if [ -f "$p" ]; then chown --reference="$p" -- "$o" && chmod --reference="$p" -- "$o"; else chmod ${download.mode ?? "0644"} -- "$o"; fi || exit`,
    sh`sync -- "$o" 2>/dev/null; mv -fT -- "$t" "$p" && echo changed && echo "status=$code" && echo "$told"`,
  ]);
  return runCommand(script, { stdin: encodeBytes([...curl, ...wget].join("")) });
}

/** `fetch URL FILE [OLDER]`: sets `code`. The settings for curl are the first lines of the file `$c`, those for wget the others. */
function fetchFunction(
  { timeout, headers, username, ciphers, needsCurl, decompress }: Download,
  curlLines: number,
): Sh {
  const needsMore = headers !== undefined || username !== undefined || ciphers !== undefined || needsCurl;
  return sh`
    fetch() {
      code=
      if command -v curl >/dev/null; then
        code=$(head -n ${curlLines} "$c" | curl -sSfL --connect-timeout ${timeout} --speed-limit 1 --speed-time ${Math.max(timeout, 30)} -K - \${3:+-z} \${3:+"$3"} -D "$c.head" -o "$2" -w '%{http_code}' -- "$1") || { echo "cannot fetch $1 (status $code)" >&2; return 1; }
        ${decompress && unpacked}
      elif ${needsCurl ? sh`false` : sh`command -v wget >/dev/null`}; then
        tail -n +${curlLines + 1} "$c" > "$c.rc"
        WGETRC="$c.rc" wget -nv --timeout=${timeout} -O "$2" -- "$1" || { echo "cannot fetch $1" >&2; return 1; }
        code=200
      elif [ -x /usr/lib/apt/apt-helper ] && ${needsMore ? sh`false` : sh`true`}; then
        /usr/lib/apt/apt-helper -o Acquire::http::Timeout=${timeout} download-file "$1" "$w/got" >&2 && mv -f "$w/got" "$w/taken" && cat "$w/taken" > "$2" || { echo "cannot fetch $1" >&2; return 1; }
        code=200
      else
        echo ${needsCurl ? "`unredirected_headers` needs curl on the host" : "the host has neither curl nor wget: install one of them first"} >&2; return 127
      fi
    }`;
}

/** curl itself would ask the server for it, and fail at encodings that it does not know. The last head counts: others belong to redirects. */
const unpacked = sh`n=$(grep -a -n '^HTTP/' "$c.head" | tail -n 1 | cut -d : -f 1)
        if tail -n "+\${n:-1}" "$c.head" | grep -a -i -q '^content-encoding: *gzip' && [ -s "$2" ]; then
          gzip -dc < "$2" > "$c.plain" && cat "$c.plain" > "$2" || { echo "cannot unpack what $1 has" >&2; return 1; }
        fi`;

/** Finds the line of the file in a list of checksums, as get_url of Ansible does. */
function wantedFromList(url: string, listUrl: string): Sh {
  const name = url.replace(/[?#].*$/, "").replace(/^.*\//, "");
  return shLines([
    sh`fetch ${listUrl} "$c.sum" || exit`,
    sh`if [ "$(wc -l < "$c.sum")" -le 1 ] && [ "$(wc -w < "$c.sum")" = 1 ]; then want=$(tr -dc 0-9A-Fa-f < "$c.sum")
    else want=$(n=${name}; while read -r h f || [ -n "$h" ]; do f=\${f#\*}; f=\${f#./}; [ "$f" = "$n" ] && { echo "$h"; break; }; done < "$c.sum"); fi`,
    sh`[ -n "$want" ] || { printf 'Unable to find a checksum for file %s in %s\n' ${name} ${listUrl} >&2; exit 1; }`,
  ]);
}

function unlessRight(program: string): Sh {
  return sh`[ -f "$p" ] && got=$(${program} < "$p") && [ "\${got%% *}" = "$(printf %s "$want" | tr A-F a-f)" ] && { echo same; exit 0; }`;
}

function verify(program: string): Sh {
  return sh`got=$(${program} < "$o") || exit; got=\${got%% *}; want=$(printf %s "$want" | tr A-F a-f)
    [ "$got" = "$want" ] || { printf 'The checksum for %s did not match %s; it was %s.\n' "$p" "$want" "$got" >&2; exit 1; }`;
}

function curlConfig(download: Download): readonly string[] {
  const option = (name: string, value: string) =>
    `${name} = "${value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"\n`;
  return [
    option("user-agent", download.http_agent ?? "tsrun"),
    ...Object.entries(download.headers ?? {}).map(([name, value]) => option("header", `${name}: ${value}`)),
    ...(download.username !== undefined ? [option("user", `${download.username}:${download.password ?? ""}`)] : []),
    ...(download.validate_certs === false ? ["insecure\n"] : []),
    ...(download.use_proxy === false ? [option("noproxy", "*")] : []),
    ...(download.ciphers !== undefined ? [option("ciphers", download.ciphers.join(":"))] : []),
    ...(download.use_netrc === true && download.username === undefined ? ["netrc-optional\n"] : []),
    ...(download.client_cert !== undefined ? [option("cert", download.client_cert)] : []),
    ...(download.client_key !== undefined ? [option("key", download.client_key)] : []),
  ];
}

function wgetConfig(download: Download): readonly string[] {
  const option = (name: string, value: string) => `${name} = ${value}\n`;
  return [
    option("user_agent", download.http_agent ?? "tsrun"),
    ...Object.entries(download.headers ?? {}).map(([name, value]) => option("header", `${name}: ${value}`)),
    ...(download.username !== undefined
      ? [option("user", download.username), option("password", download.password ?? ""), "auth_no_challenge = on\n"]
      : []),
    ...(download.validate_certs === false ? ["check_certificate = off\n"] : []),
    ...(download.use_proxy === false ? ["use_proxy = off\n"] : []),
    ...(download.ciphers !== undefined ? [option("ciphers", download.ciphers.join(":"))] : []),
    ...(download.use_netrc === false ? ["netrc = off\n"] : []),
    ...(download.client_cert !== undefined ? [option("certificate", download.client_cert)] : []),
    ...(download.client_key !== undefined ? [option("private_key", download.client_key)] : []),
  ];
}

function refuseBadUrl(url: string): void {
  if (!/^(https?|ftp|file):\/\//i.test(url))
    throw new TaskFailure(`expected a URL (http, https, ftp, file), got \`${url}\``);
  if (/[\s\0]/.test(url)) throw new TaskFailure(`\`${url}\` holds blanks, which a URL cannot`);
}

/** `https://user:secret@host/`: the URL is an argument, which every user of the host can read; name and password are none. */
function withoutCredentials(download: Download): Download {
  const { checksumUrl } = download;
  const [own, list] = [splitUrl(download.url), checksumUrl && splitUrl(checksumUrl.url)];
  const { username, password } = own.username !== undefined ? own : { ...list };
  return {
    ...download,
    url: own.url,
    ...(checksumUrl && list && { checksumUrl: { ...checksumUrl, url: list.url } }),
    username: download.username ?? username,
    password: download.password ?? password,
  };
}

function splitUrl(url: string): { readonly url: string; readonly username?: string; readonly password?: string } {
  const [, scheme, userinfo, rest] = /^([a-z]+:\/\/)([^/?#]*)@(.*)$/is.exec(url) ?? [];
  if (userinfo === undefined) return { url };
  const [username = "", ...password] = userinfo.split(":");
  return { url: `${scheme}${rest}`, username: decode(username), password: decode(password.join(":")) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
