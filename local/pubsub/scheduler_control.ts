import * as z from "zod";
import { type ControlAnswer, type ControlDoc, type ControlRequest, refuse } from "./control.ts";
import type { Scheduler } from "./scheduler.ts";

const bodySchema = z.strictObject({ job: z.enum(["retention", "reconcile"]) });

/** The scheduler's control, for `GET /_local`. */
export const SCHEDULER_CONTROLS: readonly ControlDoc[] = [{
  method: "POST",
  path: "/_local/scheduler",
  body: '{job: "retention" | "reconcile"}',
  does: "runs the job now and answers with its status (502 where it cannot be reached): " +
    "{job, status, body, ms}",
}];

/** Answers `/_local/scheduler` when the job is over; null where the path is another. */
export async function handleSchedulerControl(
  scheduler: Scheduler,
  { method, path, body }: ControlRequest,
): Promise<ControlAnswer | null> {
  if (path !== "/_local/scheduler") return null;
  if (method !== "POST") return refuse(405, "Cannot run job as the method must be POST");
  const read = bodySchema.safeParse(body);
  if (!read.success) return refuse(400, `Cannot run job: ${z.prettifyError(read.error)}`);
  const result = await scheduler.run(read.data.job);
  return { status: result.status === 0 ? 502 : result.status, body: result };
}
