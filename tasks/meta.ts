import { defineAction, z } from "tsrun";

/** The interpreter carries these out itself: they act on the play, not on a host. */
export default defineAction({
  name: "meta",
  summary: "Tell the run itself to do something",
  args: z.object({
    action: z
      .enum([
        "flush_handlers",
        "noop",
        "clear_facts",
        "clear_host_errors",
        "end_play",
        "end_host",
        "end_batch",
        "end_role",
        "refresh_inventory",
        "reset_connection",
      ])
      .describe("What to do"),
  }),
  freeForm: "action",
  examples: [{ name: "Run notified handlers now", yaml: "meta: flush_handlers" }],
  runsOn: "controller",
  inCheckMode: "run",
  run: ({ action }) => ({ msg: action }),
});
