import {
  type Change,
  change,
  defineTask,
  encodeBytes,
  type Plan,
  remove,
  sh,
  type Step,
  TaskFailure,
  runCommand,
  writeFile,
  z,
} from "tsrun";
import {
  directoryOf,
  dockerArgs,
  dockerCalls,
  dockerCredential,
  type DockerCredential,
  dockerDiff,
  dockerEngine,
  dockerMissing,
  fileContent,
  program,
} from "tsrun/state";

const args = z.object({
  registry_url: z
    .string()
    .default("https://index.docker.io/v1/")
    .describe("The registry, as images name it: `registry.example.org:5000`")
    .meta({ aliases: ["registry", "url"] }),
  username: z.string().optional().describe("Account there; needed for `state: present`"),
  password: z.string().optional().describe("Its password; needed for `state: present`").meta({ secret: true }),
  reauthorize: z
    .boolean()
    .default(false)
    .describe("Log in although the same is kept already")
    .meta({ aliases: ["reauth"] }),
  state: z.enum(["present", "absent"]).default("present").describe("Whether the password should be kept"),
  config_path: z
    .string()
    .default("~/.docker/config.json")
    .describe("File of Docker's client")
    .meta({ aliases: ["dockercfg_path"], path: true }),
  ...dockerArgs,
});
type Args = z.output<typeof args>;

interface ClientConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

export default defineTask({
  name: "docker_login",
  summary: "Log in to a registry of images, so that Docker's client can pull and push there",
  args,
  returns: { login_result: "What the registry said" },
  examples: [
    {
      name: "A registry",
      yaml: "docker_login:\n  registry_url: 127.0.0.1:5002\n  username: law\n  password: '{{ registry_password }}'",
    },
    { name: "Not any more", yaml: "docker_login:\n  registry_url: 127.0.0.1:5002\n  state: absent" },
  ],
  observe(args, known) {
    const content = fileContent(args.config_path);
    const helper = helperOf(args, parseConfig(known(content)?.text));
    return {
      client: program("docker"),
      config: content,
      kept: helper === undefined ? undefined : dockerCredential({ helper, registry: args.registry_url }),
    };
  },
  plan(args, state, { isCheck, applied }): Plan {
    const missing = dockerMissing(args, { client: state.client }, isCheck);
    if (missing) return missing;
    const config = parseConfig(state.config?.text);
    const helper = helperOf(args, config);
    const current = helper === undefined ? inFile(args, config) : state.kept;
    const { registry_url: registry, username, password } = args;
    const header = `registry ${registry}`;
    if (args.state === "absent") {
      if (!current) return { changes: [] };
      const diff = dockerDiff(header, [{ name: "username", before: current.username, after: undefined }]);
      return { changes: [forget(args, config, helper, diff)] };
    }
    if (username === undefined || password === undefined)
      throw new TaskFailure("state is present but all of the following are missing: username, password");
    const isKept = current?.username === username && current.password === password;
    if (isKept && !(args.reauthorize && applied.length === 0)) return { changes: [] };
    const lines = [
      { name: "username", before: current?.username, after: username },
      { name: "password", before: current && "(hidden)", after: isKept ? "(hidden)" : "(hidden, new)" },
    ];
    // The Engine asks the registry, as for Docker's client.
    const body = { username, password, serveraddress: registry };
    const login = dockerCalls(dockerEngine(args), [{ method: "POST", path: "/auth", body }]);
    const diff = { ...dockerDiff(header, lines), isEvent: isKept };
    const isBroken = helper === undefined && state.config?.text !== undefined && !isJson(state.config.text);
    return {
      changes: [keep(args, config, helper, { username, password }, login, diff)],
      warnings: isBroken ? [`\`${args.config_path}\` was no JSON, and is written anew`] : [],
    };
  },
  result({ state, username, registry_url: address }) {
    return state === "present" ? { login_result: { username, serveraddress: address } } : {};
  },
});

/** A file that is no JSON counts as empty, as with Ansible. */
function parseConfig(text: string | undefined): ClientConfig {
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return text.trim() === "";
  }
}

function helperOf({ registry_url: registry }: Args, { credHelpers, credsStore }: ClientConfig): string | undefined {
  const host = registry.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  return credHelpers?.[registry] ?? credHelpers?.[host] ?? (credsStore || undefined);
}

/** What is written in the file itself: `user:password` in base64. */
function inFile({ registry_url: registry }: Args, { auths }: ClientConfig): DockerCredential | undefined {
  const text = Buffer.from(auths?.[registry]?.auth ?? "", "base64")
    .toString()
    .replace(/\0+$/, "");
  const at = text.indexOf(":");
  return at < 0 ? undefined : { username: text.slice(0, at), password: text.slice(at + 1) };
}

type Options = Parameters<typeof change>[3];

function keep(
  args: Args,
  config: ClientConfig,
  helper: string | undefined,
  credential: DockerCredential,
  login: Step,
  options: Options,
): Change {
  const { registry_url: registry } = args;
  if (helper !== undefined) {
    const entry = JSON.stringify({ ServerURL: registry, Username: credential.username, Secret: credential.password });
    const store = runCommand(sh`${`docker-credential-${helper}`} store`, { stdin: encodeBytes(entry) });
    return change(dockerCredential({ helper, registry }), credential, [login, store], options);
  }
  const auth = Buffer.from(`${credential.username}:${credential.password}`).toString("base64");
  const next = { ...config, auths: { ...config.auths, [registry]: { auth } } };
  return write(args, next, [login, runCommand(sh`umask 077; mkdir -p -- ${directoryOf(args.config_path)}`)], options);
}

function forget(args: Args, config: ClientConfig, helper: string | undefined, options: Options): Change {
  const { registry_url: registry } = args;
  if (helper !== undefined) {
    const erase = sh`printf %s ${registry} | ${`docker-credential-${helper}`} erase`;
    return remove(dockerCredential({ helper, registry }), erase, options);
  }
  const { [registry]: _, ...auths } = config.auths ?? {};
  return write(args, { ...config, auths }, [], options);
}

function write(args: Args, config: ClientConfig, before: readonly Step[], options: Options): Change {
  const text = `${JSON.stringify(config, undefined, "\t")}\n`;
  const query = fileContent(args.config_path);
  const steps = [...before, writeFile({ path: args.config_path, content: encodeBytes(text), mode: "0600" })];
  return change(query, { text, size: Buffer.byteLength(text) }, steps, options);
}
