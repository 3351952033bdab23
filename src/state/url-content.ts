import { answerText, defineQuery } from "../task/query.ts";
import { sh } from "../task/sh.ts";

export interface UrlKey {
  readonly url: string;
  readonly validatesCertificates: boolean;
}

/** What a URL has: its text, without the line breaks at the end, or why it could not be fetched. */
export type UrlContent = { readonly text: string } | { readonly complaint: string };

/** The text that lies at a URL, as the host fetches it with curl or wget. The URL may be secret: it is no argument. */
export const urlContent = defineQuery<UrlKey, UrlContent>({
  name: "url-content",
  isCostly: true,
  script: (keys) => sh`fetch() {
      if command -v curl >/dev/null; then printf 'url = "%s"\n' "$1" | curl -q -sSfL --max-time 30 -K - \${2:+-k}
      elif command -v wget >/dev/null; then printf '%s\n' "$1" | wget -nv -O - -T 30 \${2:+--no-check-certificate} -i - 2>/dev/null
      else echo 'the host has neither curl nor wget: install one of them first'; return 127; fi
    }
    show() { if o=$(fetch "$@" 2>&1); then printf 'text\0%s\0' "$o"; else printf 'complaint\0%s\0' "$o"; fi; }
    ${keys.map(({ url, validatesCertificates }) => sh`show ${url} ${validatesCertificates ? [] : "1"};`)}`,
  parse(output, keys) {
    const parts = answerText(output).split("\0");
    return keys.map((_, index) => {
      const [kind, text = ""] = parts.slice(index * 2, index * 2 + 2);
      return kind === "text" ? { text } : { complaint: text };
    });
  },
});
