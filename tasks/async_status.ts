import { defineAction, z } from "tsrun";

/** The interpreter carries it out: it knows the jobs that this run has started. */
export default defineAction({
  name: "async_status",
  summary: "Ask whether a task that was started with `poll: 0` has ended",
  args: z.object({
    jid: z.string().describe("The job: `ansible_job_id` of what the task registered"),
    mode: z.enum(["status", "cleanup"]).default("status").describe("`cleanup` removes what the job left on the host"),
  }),
  returns: {
    ansible_job_id: "The job",
    started: "1 once the job has begun",
    finished: "1 once it has ended",
    results_file: "Where the host keeps its result",
  },
  examples: [
    {
      name: "Wait for it",
      yaml: 'async_status:\n  jid: "{{ job.ansible_job_id }}"\nregister: result\nuntil: result is finished\nretries: 30',
    },
  ],
  runsOn: "host",
  inCheckMode: "run",
  run: ({ jid }) => ({ ansible_job_id: jid }),
});
