import { defineAction, TaskFailure, z } from "tsrun";

export default defineAction({
  name: "fail",
  summary: "Fail with a message",
  args: z.object({ msg: z.string().default("Failed as requested from task").describe("Why") }),
  examples: [
    { name: "Refuse a setting", yaml: "fail:\n  msg: consul_domain must not be empty\nwhen: consul_domain == ''" },
  ],
  runsOn: "controller",
  inCheckMode: "run",
  run({ msg }) {
    throw new TaskFailure(msg);
  },
});
