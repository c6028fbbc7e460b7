import * as z from "zod";
import type { Control } from "../http/controls.ts";
import type { Scheduler } from "./scheduler.ts";

/** The scheduler's control, which responds when the job is over. */
export function schedulerControls(scheduler: Scheduler): readonly Control[] {
  const bodySchema = z.strictObject({
    job: z.enum(scheduler.jobNames),
    body: z.record(z.string(), z.unknown()).optional(),
  });
  return [{
    method: "POST",
    path: "/_local/scheduler",
    body: `{job: ${scheduler.jobNames.map((name) => `"${name}"`).join(" | ")}, body?: object}`,
    does:
      "runs the job now, with a body where one is given, and responds with its status (502 where it cannot be reached): " +
      "{job, status, body, ms}",
    async run(body) {
      const { job, body: own } = bodySchema.parse(body);
      const result = await scheduler.run(job, own);
      return { status: result.status === 0 ? 502 : result.status, body: result };
    },
  }];
}
