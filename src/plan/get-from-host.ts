import type { HostAccess } from "../task/define-action.ts";
import { TaskFailure } from "../task/failure.ts";
import { requestFromHost } from "../task/host-http.ts";

export interface GetOptions {
  readonly validatesCertificates: boolean;
  readonly timeoutSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const maxRedirects = 10;

/** The body behind an address, as the host gets it; redirects are followed. Fails for every answer but 200. */
export async function getFromHost(host: HostAccess, url: string, options: GetOptions): Promise<Uint8Array> {
  let at = url;
  for (let hops = 0; hops <= maxRedirects; hops++) {
    if (!URL.canParse(at) || !/^https?:/i.test(at)) throw new TaskFailure(`\`${at}\` is no http address`);
    const response = await requestFromHost(host, {
      url: at,
      method: "GET",
      headers: { "User-Agent": "tsrun", ...options.headers },
      timeoutSeconds: options.timeoutSeconds ?? 30,
      validatesCertificates: options.validatesCertificates,
      usesProxy: true,
      wantsContent: true,
      isReadonly: true,
    });
    const location = response.headers.get("location")?.[0];
    if (response.status === 200) return response.body ?? new Uint8Array();
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined)
      throw new TaskFailure(`cannot get ${at}: ${response.status < 0 ? "" : `${response.status} `}${response.reason}`);
    at = new URL(location, at).href;
  }
  throw new TaskFailure(`more than ${maxRedirects} redirects from ${url}`);
}
