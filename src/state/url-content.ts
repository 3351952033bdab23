import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

export interface UrlKey {
  readonly url: string;
  readonly validatesCertificates: boolean;
}

/** The text that lies at a URL, as the host fetches it with curl or wget. The URL may be secret: it is no argument. */
export const urlContent = defineQuery<UrlKey, string>({
  name: "url-content",
  isCostly: true,
  script: (keys) => sh`fetch() {
      if command -v curl >/dev/null; then printf 'url = "%s"\n' "$1" | curl -q -sSfL --max-time 30 -K - \${2:+-k}
      elif command -v wget >/dev/null; then printf '%s\n' "$1" | wget -q -O - -T 30 \${2:+--no-check-certificate} -i -
      else echo 'the host has neither curl nor wget: install one of them first' >&2; return 127; fi
    }
    ${keys.map(({ url, validatesCertificates }) => sh`fetch ${url} ${validatesCertificates ? [] : "1"} || exit; printf '\0';`)}`,
  parse(output, keys) {
    const texts = answerText(output).split("\0");
    return keys.map((_, index) => texts[index] ?? "");
  },
});
