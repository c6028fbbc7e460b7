import * as z from "zod";
import type { Control } from "../http/controls.ts";
import type { PushQueue } from "./push_queue.ts";

const settingsSchema = z.strictObject({
  duplicate: z.int().min(0).max(100).optional(),
  hold: z.boolean().optional(),
  shuffle: z.boolean().optional(),
  drop: z.int().min(0).max(1_000_000).optional(),
  maxAttempts: z.int().min(1).max(100).nullable().optional(),
});

/** The controls of push deliveries. */
export function pushControls(queue: PushQueue): readonly Control[] {
  return [
    {
      method: "GET",
      path: "/_local/push",
      does: "counts messages by state and shows the settings",
      run: () => ({ body: queue.status() }),
    },
    {
      method: "POST",
      path: "/_local/push",
      body: "{duplicate?: n, hold?: boolean, shuffle?: boolean, drop?: n, maxAttempts?: n | null}",
      does: "delivers each event n more times, holds deliveries back, delivers out of order, " +
        "loses the next n events, gives an event up after n refusals (null: after 15); " +
        "what is not named stays as it is",
      run(body) {
        queue.configure(settingsSchema.parse(body));
        return { body: queue.status() };
      },
    },
    {
      method: "POST",
      path: "/_local/push/redrive",
      does: "sends every dead letter again as a fresh event: {redriven: n}",
      run: () => ({ body: { redriven: queue.redrive() } }),
    },
  ];
}
