/** A line of an authorized_keys file, as sshd(8) takes it apart. */
export interface AuthorizedKey {
  readonly options: string;
  readonly type: string;
  readonly data: string;
  readonly comment: string;
}

const keyTypes =
  /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com|.*-cert-v01@openssh\.com)$/;

/** The key of a line; undefined for blank lines, comments and what is no key. Options may hold blanks between quotes. */
export function parseAuthorizedKey(line: string): AuthorizedKey | undefined {
  const words = line.trim().match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
  if (words.length === 0 || line.trim().startsWith("#")) return undefined;
  const at = keyTypes.test(words[0] as string) ? 0 : 1;
  const [type, data] = words.slice(at, at + 2);
  if (type === undefined || data === undefined || !keyTypes.test(type) || !/^[A-Za-z0-9+/]+={0,3}$/.test(data))
    return undefined;
  const rest = line.slice(line.indexOf(data) + data.length).trim();
  return { options: at === 1 ? (words[0] as string) : "", type, data, comment: rest };
}

export interface AuthorizedKeysWish {
  readonly keys: readonly AuthorizedKey[];
  readonly isPresent: boolean;
  /** Take away every other key. */
  readonly isExclusive: boolean;
}

/** The text of the file with the keys as wanted. Comments and lines that are no keys stay, except with `isExclusive`. */
export function editAuthorizedKeys(text: string, { keys, isPresent, isExclusive }: AuthorizedKeysWish): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const left = new Map(keys.map((key) => [key.data, key]));
  const kept = lines.flatMap((line) => {
    const key = parseAuthorizedKey(line);
    if (!key) return isExclusive && !line.trim().startsWith("#") && line.trim() !== "" ? [] : [line];
    const wanted = left.get(key.data);
    if (!wanted) return isExclusive || keys.some(({ data }) => data === key.data) ? [] : [line];
    left.delete(key.data);
    if (!isPresent) return [];
    const isSame = wanted.options === key.options && wanted.type === key.type && wanted.comment === key.comment;
    return [isSame ? line : formatKey(wanted)];
  });
  const added = isPresent ? [...left.values()].map(formatKey) : [];
  const all = [...kept, ...added];
  return all.length === 0 ? "" : `${all.join("\n")}\n`;
}

function formatKey({ options, type, data, comment }: AuthorizedKey): string {
  return [options, type, data, comment].filter((word) => word !== "").join(" ");
}
