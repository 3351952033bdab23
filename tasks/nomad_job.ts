import { type ActionContext, type ActionResult, defineAction, TaskFailure, z } from "tsrun";
import { callApi, type JsonApi } from "tsrun/state";

const args = z.object({
  host: z.string().describe("Address of Nomad, as the host reaches it; with a port unless it is 4646"),
  state: z.enum(["present", "absent"]).describe("Whether the job should run"),
  name: z.string().optional().describe("Name of a job that Nomad knows: to stop it, or to start it with `force_start`"),
  content: z.string().optional().describe("The job"),
  content_format: z.enum(["hcl", "json"]).default("hcl").describe("How `content` is written"),
  force_start: z.boolean().default(false).describe("Start the job when it was stopped"),
  namespace: z.string().optional().describe("Namespace of the job"),
  use_ssl: z
    .boolean()
    .default(true)
    .describe("Speak https")
    .meta({ aliases: ["secure"] }),
  validate_certs: z.boolean().default(true).describe("Check Nomad's certificate"),
  client_cert: z
    .string()
    .optional()
    .describe("Certificate of the client, a file of the host")
    .meta({ aliases: ["cert"], path: true }),
  client_key: z
    .string()
    .optional()
    .describe("Key of the client, a file of the host")
    .meta({ aliases: ["key"], path: true }),
  timeout: z.number().int().positive().default(5).describe("Seconds without progress until it fails"),
  token: z.string().optional().describe("Token that may do it").meta({ secret: true }),
});
type Args = z.output<typeof args>;

/** A job as Nomad's API has it. */
interface Job {
  readonly ID: string;
  readonly Name?: string;
  readonly Namespace?: string | null;
  readonly Status?: string;
  readonly Stop?: boolean | null;
  readonly [member: string]: unknown;
}

export default defineAction({
  name: "nomad_job",
  summary: "Run or stop a job of Nomad",
  args,
  returns: { result: "What Nomad answered: the evaluation of a change, or the job" },
  examples: [
    {
      name: "A job",
      yaml: "nomad_job:\n  host: localhost\n  use_ssl: false\n  state: present\n  content: \"{{ lookup('file', 'web.nomad.hcl') }}\"",
    },
    { name: "No job", yaml: "nomad_job:\n  host: localhost\n  use_ssl: false\n  state: absent\n  name: web" },
  ],
  runsOn: "host",
  inCheckMode: "run",
  run(args, context) {
    if ((args.name === undefined) === (args.content === undefined))
      throw new TaskFailure("one of the following is required, and not both: name, content");
    if (args.state === "absent") return stop(args, context);
    if (args.content !== undefined) return register(args, args.content, context);
    if (!args.force_start) throw new TaskFailure("for start job with name, force_start is needed");
    return start(args, args.name as string, context);
  },
});

/** Registers the job unless Nomad's own plan finds no difference to what runs. */
async function register(args: Args, content: string, context: ActionContext): Promise<ActionResult> {
  const { host, isCheck } = context;
  const job = await parseJob(args, content, context);
  const api = apiOf(args);
  const query = { namespace: args.namespace ?? job.Namespace ?? undefined };
  const current = await getJob(args, job.ID, context);
  if (current !== undefined && current.Stop !== true) {
    const planned = await callApi(host, api, {
      method: "POST",
      path: `/v1/job/${encodeURIComponent(job.ID)}/plan`,
      query,
      body: { Job: job, Diff: true },
      isReadonly: true,
    });
    const { Diff } = (planned.json ?? {}) as { readonly Diff?: { readonly Type?: string } };
    if (Diff?.Type === "None") return { changed: false, result: current };
  }
  if (isCheck) return { changed: true, result: current ?? {} };
  const { json } = await callApi(host, api, { method: "POST", path: "/v1/jobs", query, body: { Job: job } });
  if ((await getJob(args, job.ID, context)) === undefined)
    throw new TaskFailure(`Nomad took the job \`${job.ID}\`, and does not have it`, { result: json });
  return { changed: true, result: json };
}

/** Registers a stopped job once more. */
async function start(args: Args, name: string, context: ActionContext): Promise<ActionResult> {
  const job = await getJob(args, name, context);
  if (job === undefined) throw new TaskFailure(`Nomad has no job \`${name}\``);
  if (job.Status === "running") return { changed: false, result: job };
  if (context.isCheck) return { changed: true, result: job };
  const query = { namespace: args.namespace };
  const body = { Job: { ...job, Status: "running", Stop: false } };
  const { json } = await callApi(context.host, apiOf(args), { method: "POST", path: "/v1/jobs", query, body });
  return { changed: true, result: json };
}

async function stop(args: Args, context: ActionContext): Promise<ActionResult> {
  const name = args.name ?? (await parseJob(args, args.content as string, context)).ID;
  const job = await getJob(args, name, context);
  if (job === undefined || job.Status === "dead" || job.Stop === true) return { changed: false, result: job ?? {} };
  if (context.isCheck) return { changed: true, result: job };
  const path = `/v1/job/${encodeURIComponent(name)}`;
  const query = { namespace: args.namespace };
  const { json } = await callApi(context.host, apiOf(args), { method: "DELETE", path, query });
  const left = await getJob(args, name, context);
  if (left !== undefined && left.Stop !== true && left.Status !== "dead")
    throw new TaskFailure(`the job \`${name}\` was stopped, and still runs`, { result: left });
  return { changed: true, result: json };
}

/** Nomad itself reads HCL. */
async function parseJob(args: Args, content: string, { host }: ActionContext): Promise<Job> {
  if (args.content_format === "hcl") {
    const body = { JobHCL: content, Canonicalize: true };
    const request = { method: "POST", path: "/v1/jobs/parse", body, isReadonly: true } as const;
    return (await callApi(host, apiOf(args), request)).json as Job;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (error) {
    throw new TaskFailure(`\`content\` is no JSON: ${(error as Error).message}`);
  }
  // `nomad job run -output` writes the job inside of `Job`.
  const wrapped = parsed as { readonly Job?: Job; readonly job?: Job };
  const job = wrapped.Job ?? wrapped.job ?? (parsed as Job);
  if (typeof job.ID !== "string") throw new TaskFailure("`content` is no job: it has no `ID`");
  return job;
}

async function getJob(args: Args, name: string, { host }: ActionContext): Promise<Job | undefined> {
  const path = `/v1/job/${encodeURIComponent(name)}`;
  const query = { namespace: args.namespace };
  const { status, json } = await callApi(host, apiOf(args), { method: "GET", path, query }, [404]);
  return status === 404 ? undefined : (json as Job);
}

function apiOf(args: Args): JsonApi {
  const hasPort = /^(\[.*\]|[^:]*):\d+$/.test(args.host);
  return {
    url: `${args.use_ssl ? "https" : "http"}://${args.host}${hasPort ? "" : ":4646"}`,
    headers: args.token === undefined ? {} : { "X-Nomad-Token": args.token },
    timeoutSeconds: args.timeout,
    validatesCertificates: args.validate_certs,
    clientCert: args.client_cert,
    clientKey: args.client_key,
  };
}
