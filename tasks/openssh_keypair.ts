import {
  type Change,
  change,
  create,
  encodeBytes,
  type Plan,
  remove,
  runCommand,
  sh,
  shLines,
  TaskFailure,
  unknown,
  z,
} from "tsrun";
import {
  chmodWord,
  defineFileTask,
  file,
  fileAttributeArgs,
  type FileState,
  newAttributes,
  openBeside,
  ownerWord,
  plainPath,
  planAttributeChange,
  sshKey,
  type SshKeyState,
} from "tsrun/state";

const regenerations = ["never", "fail", "partial_idempotence", "full_idempotence", "always"] as const;

const args = z.object({
  path: z.string().describe("The private key; the public one lies beside it, with `.pub`").meta({ path: true }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether the keys should be there"),
  type: z.enum(["rsa", "dsa", "ecdsa", "ed25519"]).default("rsa").describe("Kind of key"),
  size: z.number().int().positive().optional().describe("Bits; left out: 4096 for rsa, 256 for ecdsa"),
  comment: z.string().optional().describe("Comment of the keys"),
  passphrase: z.string().optional().describe("Passphrase of a new private key").meta({ secret: true }),
  regenerate: z
    .enum(regenerations)
    .default("partial_idempotence")
    .describe("When another key takes the place of one that is there: of another kind, unreadable, or each time"),
  private_key_format: z
    .enum(["auto", "pkcs1", "pkcs8", "ssh"])
    .default("auto")
    .describe("How a new private key is written; `auto`: as ssh-keygen does"),
  backend: z
    .enum(["auto", "cryptography", "opensshbin"])
    .default("auto")
    .describe("Accepted for Ansible's sake: ssh-keygen makes the keys"),
  force: z.boolean().default(false).describe("As `regenerate: always`"),
  ...fileAttributeArgs,
});
type Args = z.output<typeof args>;

export default defineFileTask({
  name: "openssh_keypair",
  summary: "Keep a pair of SSH keys",
  args,
  returns: {
    filename: "The private key",
    type: "Kind of key",
    size: "Its bits",
    fingerprint: "Its fingerprint",
    public_key: "The public key, without its comment",
    comment: "Its comment",
  },
  examples: [{ name: "For backups", yaml: "openssh_keypair:\n  path: /root/.ssh/backup\n  type: ed25519" }],
  observe: ({ path }) => ({
    key: sshKey(plainPath(path)),
    secret: file(plainPath(path)),
    open: file(`${plainPath(path)}.pub`),
  }),
  plan(args, { key, secret, open }): Plan {
    const path = plainPath(args.path);
    if (args.state === "absent") {
      const there = [secret && path, open && `${path}.pub`].filter((one) => one !== undefined);
      const diff = { before: `${there.join("\n")}\n`, after: "" };
      return { changes: key ? [remove(sshKey(path), sh`rm -f -- ${there}`, { mayAlter: ["file"], diff })] : [] };
    }
    if (secret?.type === "directory") throw new TaskFailure(`${path} is a directory. Can't use it as a key.`);
    if (needsNew(args, key)) return { changes: [generate(args, key)] };
    const current = key as SshKeyState;
    const isPublicRight = current.publicKey !== undefined && isPublicOf(current.publicKey, current.derivedKey);
    const pair = isPublicRight ? current : { ...current, publicKey: current.derivedKey };
    return {
      changes: [
        ...(isPublicRight ? [] : [derivePublic(args, current)]),
        ...(args.comment !== undefined && args.comment !== commentOf(pair) ? [setComment(args, pair)] : []),
        ...attributes(args, path, secret),
        ...(isPublicRight ? attributes(args, `${path}.pub`, open) : []),
      ],
    };
  },
  result(args, { before, after }) {
    const key = (after.key ?? before.key) as SshKeyState | undefined;
    const common = { filename: args.path, type: args.type, size: sizeOf(args) };
    if (!key) return { ...common, fingerprint: "", public_key: "", comment: "" };
    // A key that is only foretold.
    if (typeof key.publicKey !== "string") return { ...common, comment: args.comment ?? "" };
    return {
      ...common,
      fingerprint: key.fingerprint.split(" ")[1] ?? "",
      public_key: withoutComment(key.publicKey),
      comment: commentOf(key),
    };
  },
});

/** Whether there is no key, or one that has to go. Fails for one that must stay and is not what was asked for. */
function needsNew(args: Args, key: SshKeyState | undefined): boolean {
  if (!key?.hasPrivate || args.force || args.regenerate === "always") return true;
  // Whether a passphrase is the right one could be told only by showing it to the host's processes.
  const isReadable = key.fingerprint !== "" && (key.derivedKey === "") === (args.passphrase !== undefined);
  if (!isReadable) {
    if (args.regenerate === "full_idempotence") return true;
    throw new TaskFailure(
      "Unable to read the key. The key is protected with a passphrase or broken. Will not proceed. " +
        "To force regeneration, call the module with `regenerate` set to `full_idempotence` or `always`, or with `force=yes`.",
    );
  }
  const [bits, , ...rest] = key.fingerprint.split(" ");
  const isRight = rest.at(-1)?.toLowerCase() === `(${args.type})` && Number(bits) === sizeOf(args);
  if (isRight || args.regenerate === "never") return false;
  if (args.regenerate === "fail")
    throw new TaskFailure(`Key has wrong type and/or size. Will not proceed: ${key.fingerprint}`);
  return true;
}

function sizeOf({ type, size }: Args): number {
  const fixed = { rsa: 4096, dsa: 1024, ecdsa: 256, ed25519: 256 }[type];
  return type === "ed25519" ? fixed : (size ?? fixed);
}

/** Options of ssh-keygen; it writes ed25519 keys in one way only. */
const formats = { auto: [], ssh: [], pkcs1: ["-m", "PEM"], pkcs8: ["-m", "PKCS8"] } as const;

/** Made in a directory of our own and then put in place, so that nobody else's link is followed and no half a key is seen. */
function generate(args: Args, key: SshKeyState | undefined): Change {
  const path = plainPath(args.path);
  const { type, comment, passphrase, owner, group, mode, private_key_format } = args;
  const place = (from: string, to: string, bits: string) =>
    shLines([
      openBeside(path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : "."),
      sh`cat "$w"/${from} > "$o" || exit`,
      ownerWord(owner, group) !== "" && sh`chown -- ${ownerWord(owner, group)} "$o" || exit`,
      sh`chmod ${bits} -- "$o" && mv -fT -- "$t" ${to} || exit`,
    ]);
  const script = shLines([
    sh`umask 077; w=$(mktemp -d) || exit; t=; trap 'rm -rf -- "$w"; [ -z "$t" ] || rm -f -- "$t"' EXIT`,
    sh`ssh-keygen -q -t ${type} ${type !== "ed25519" && ["-b", sizeOf(args)]} -C ${comment ?? ""} ${passphrase === undefined && ["-N", ""]} ${formats[private_key_format]} -f "$w/key" || exit`,
    place("key", path, chmodWord(newAttributes({ mode: mode ?? "0600" }, "file").mode)),
    place("key.pub", `${path}.pub`, publicMode(mode)),
  ]);
  const stdin = passphrase === undefined ? undefined : encodeBytes(`${passphrase}\n${passphrase}\n`);
  const after = { hasPrivate: true, publicKey: unknown, derivedKey: unknown, fingerprint: unknown } as const;
  const isEvent = key?.hasPrivate === true && (args.force || args.regenerate === "always");
  const make = key ? change : create;
  return make(sshKey(path), after, runCommand(script, { stdin }), {
    isEvent,
    mayAlter: ["file"],
    diff: { before: key ? `${key.fingerprint}\n` : "", after: `a new key: ${type} ${sizeOf(args)}\n` },
  });
}

/** What a key with a passphrase says of its public half is not known. */
function isPublicOf(publicKey: string, derivedKey: string): boolean {
  return derivedKey === "" || withoutComment(publicKey) === withoutComment(derivedKey);
}

function publicMode(mode: Args["mode"]): string {
  return chmodWord(newAttributes({ mode: mode ?? "0644" }, "file").mode);
}

function derivePublic({ path: given, mode, owner, group }: Args, { publicKey, derivedKey }: SshKeyState): Change {
  if (derivedKey === "")
    throw new TaskFailure("the public half is missing, and a key with a passphrase does not give it away");
  const path = plainPath(given);
  const script = shLines([
    openBeside(path.slice(0, path.lastIndexOf("/")) || "/"),
    sh`trap 'rm -f -- "$t"' EXIT; printf '%s\n' ${derivedKey} > "$o" || exit`,
    ownerWord(owner, group) !== "" && sh`chown -- ${ownerWord(owner, group)} "$o" || exit`,
    sh`chmod ${publicMode(mode)} "$o" && mv -fT -- "$t" ${`${path}.pub`}`,
  ]);
  return change(sshKey(path), { publicKey: derivedKey }, script, {
    mayAlter: ["file"],
    diff: { before: publicKey === undefined ? "" : `${publicKey}\n`, after: `${derivedKey}\n` },
  });
}

function setComment({ path, comment = "", passphrase }: Args, key: SshKeyState): Change {
  if (passphrase !== undefined)
    throw new TaskFailure("the comment of a key with a passphrase cannot be changed without showing the passphrase");
  const diff = { before: `${commentOf(key)}\n`, after: `${comment}\n` };
  const step = sh`ssh-keygen -q -c -P "" -C ${comment} -f ${plainPath(path)} >/dev/null`;
  const publicKey = `${withoutComment(key.publicKey ?? "")} ${comment}`;
  return change(sshKey(plainPath(path)), { publicKey, derivedKey: publicKey, fingerprint: unknown }, step, {
    diff,
    mayAlter: ["file"],
  });
}

function withoutComment(publicKey: string): string {
  return publicKey.split(" ").slice(0, 2).join(" ");
}

function commentOf({ publicKey = "" }: SshKeyState): string {
  return publicKey.split(" ").slice(2).join(" ");
}

function attributes(args: Args, path: string, current: FileState | undefined): readonly Change[] {
  return current?.type === "file" ? planAttributeChange(args, path, path, current, current) : [];
}
