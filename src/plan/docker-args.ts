import { z } from "zod";
import type { DockerEngine, DockerObject } from "../state/docker.ts";
import { isUnreached, type Unreached } from "../state/unreached.ts";
import type { Diff } from "../task/change.ts";
import type { Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import { notYet } from "./not-yet.ts";
import { requireProgram } from "./require-program.ts";

/** Arguments that say where the Engine is, which all modules of Docker take. */
export const dockerArgs = {
  docker_host: z
    .string()
    .optional()
    .describe("Where the Engine is; default `DOCKER_HOST` of the host's environment, or `unix:///var/run/docker.sock`")
    .meta({ aliases: ["docker_url"] }),
  tls: z.boolean().default(false).describe("Speak TLS without checking the Engine's certificate"),
  validate_certs: z
    .boolean()
    .default(false)
    .describe("Speak TLS and check the Engine's certificate")
    .meta({ aliases: ["tls_verify"] }),
  ca_cert: z
    .string()
    .optional()
    .describe("File with the authorities that the Engine's certificate must come from")
    .meta({ aliases: ["tls_ca_cert", "cacert_path"], path: true }),
  client_cert: z
    .string()
    .optional()
    .describe("File with the client's certificate")
    .meta({ aliases: ["tls_client_cert", "cert_path"], path: true }),
  client_key: z
    .string()
    .optional()
    .describe("File with its key")
    .meta({ aliases: ["tls_client_key", "key_path"], path: true }),
  tls_hostname: z.string().optional().describe("Refused: Docker's client expects the name in `docker_host`"),
  ssl_version: z.string().optional().describe("Refused: Docker's client chooses it"),
  api_version: z
    .string()
    .regex(/^(auto|\d+\.\d+)$/, "expected `auto` or a version such as `1.41`")
    .default("auto")
    .describe("Version of the Engine's API")
    .meta({ aliases: ["docker_api_version"] }),
  timeout: z
    .number()
    .int()
    .default(60)
    .describe("Accepted for Ansible's sake: a task's own `timeout` ends one that takes too long"),
  use_ssh_client: z
    .boolean()
    .default(false)
    .describe("Accepted for Ansible's sake: Docker's client uses ssh for `ssh://` in any case"),
  debug: z.boolean().default(false).describe("Accepted for Ansible's sake"),
};
const object = z.object(dockerArgs);
type DockerArgs = z.output<typeof object>;

/** Where a module's arguments say that the Engine is. */
export function dockerEngine(args: DockerArgs): DockerEngine {
  const usesTls = args.tls || args.validate_certs;
  const file = (option: string, path: string | undefined) => (path === undefined ? [] : [option, path]);
  return {
    host: args.docker_host,
    tls: usesTls
      ? [
          args.validate_certs ? "--tlsverify" : "--tls",
          ...file("--tlscacert", args.ca_cert),
          ...file("--tlscert", args.client_cert),
          ...file("--tlskey", args.client_key),
        ]
      : [],
    apiVersion: args.api_version === "auto" ? undefined : args.api_version,
  };
}

/** Why there is nothing to plan on, as {@link notYet} says it; undefined when all was answered. */
export function dockerMissing(
  args: DockerArgs,
  observed: Readonly<Record<string, unknown>>,
  isCheck: boolean,
): Plan | undefined {
  refuse(args.tls_hostname !== undefined, "`tls_hostname` is not supported: name the Engine so in `docker_host`");
  refuse(args.ssl_version !== undefined, "`ssl_version` is not supported");
  refuse(
    (args.client_cert === undefined) !== (args.client_key === undefined),
    "parameters are required together: client_cert, client_key",
  );
  requireProgram(observed["client"] as string | undefined, "docker", "docker.io");
  const unreached = Object.values(observed).find(isUnreached);
  return unreached && notYet(`cannot ask the Docker Engine: ${unreached.problem}`, isCheck);
}

function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new TaskFailure(message);
}

/** What was asked for, once {@link dockerMissing} has seen that it was answered. */
export function answered(answer: DockerObject | undefined | Unreached): DockerObject | undefined {
  return isUnreached(answer) ? undefined : answer;
}

/** Refuses a name that would lead to another place of the Engine's API. */
export function refuseDockerName(kind: string, name: string): void {
  const hasDots = name.split("/").some((part) => part === "." || part === "..");
  refuse(name.trim() === "" || hasDots || name.startsWith("/"), `\`${name}\` is no name for ${kind}`);
}

/** What differs, a line each: Ansible's names, values as JSON. */
export function dockerDiff(
  header: string,
  differences: readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[],
): { readonly diff: Diff } {
  const text = (side: "before" | "after") =>
    differences
      .filter((one) => one[side] !== undefined)
      .map((one) => `${one.name}: ${JSON.stringify(one[side])}\n`)
      .join("");
  return { diff: { before: text("before"), after: text("after"), beforeHeader: header, afterHeader: header } };
}

/** Texts as Docker's API wants them: Go knows `true`, not `True`. */
export function dockerTexts(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
