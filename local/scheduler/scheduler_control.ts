import * as z from "zod";
import type { Control } from "../http/controls.ts";
import type { Scheduler } from "./scheduler.ts";

/** The scheduler's control, which responds when the job is over. */
export function schedulerControls(scheduler: Scheduler): readonly Control[] {
  const bodySchema = z.strictObject({ job: z.enum(scheduler.jobNames) });
  return [{
    method: "POST",
    path: "/_local/scheduler",
    body: `{job: ${scheduler.jobNames.map((name) => `"${name}"`).join(" | ")}}`,
    does: "runs the job now and responds with its status (502 where it cannot be reached): " +
      "{job, status, body, ms}",
    async run(body) {
      const result = await scheduler.run(bodySchema.parse(body).job);
      return { status: result.status === 0 ? 502 : result.status, body: result };
    },
  }];
}
