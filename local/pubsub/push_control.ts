import * as z from "zod";
import { type ControlAnswer, type ControlDoc, type ControlRequest, refuse } from "./control.ts";
import type { PushQueue } from "./push_queue.ts";

const settingsSchema = z.strictObject({
  duplicate: z.int().min(0).max(100).optional(),
  hold: z.boolean().optional(),
  shuffle: z.boolean().optional(),
  drop: z.int().min(0).max(1_000_000).optional(),
  maxAttempts: z.int().min(1).max(100).nullable().optional(),
});

/** The push controls, for `GET /_local`. */
export const PUSH_CONTROLS: readonly ControlDoc[] = [
  { method: "GET", path: "/_local/push", does: "counts messages by state and shows the settings" },
  {
    method: "POST",
    path: "/_local/push",
    body: "{duplicate?: n, hold?: boolean, shuffle?: boolean, drop?: n, maxAttempts?: n | null}",
    does:
      "delivers each event n more times, keeps deliveries back, delivers out of order, loses the next n events, " +
      "gives an event up after n refusals (null: after 15); what is not named stays as it is",
  },
  {
    method: "POST",
    path: "/_local/push/redrive",
    does: "sends every dead letter again as a fresh event: {redriven: n}",
  },
];

/** Answers a request under `/_local/push`; null where the path is none of its own. */
export function handlePushControl(queue: PushQueue, request: ControlRequest): ControlAnswer | null {
  const { method, path, body } = request;
  if (path === "/_local/push/redrive") {
    if (method !== "POST") return refuse(405, "Cannot redrive as the method must be POST");
    return { status: 200, body: { redriven: queue.redrive() } };
  }
  if (path !== "/_local/push") return null;
  if (method === "GET") return { status: 200, body: queue.status() };
  if (method !== "POST") {
    return refuse(405, "Cannot use /_local/push as the method must be GET or POST");
  }
  const read = settingsSchema.safeParse(body);
  if (!read.success) {
    return refuse(400, `Cannot change push settings: ${z.prettifyError(read.error)}`);
  }
  queue.configure(read.data);
  return { status: 200, body: queue.status() };
}
