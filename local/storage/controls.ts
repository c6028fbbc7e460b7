import * as z from "zod";
import type { Control } from "../http/controls.ts";
import { applyLifecycle } from "./lifecycle.ts";
import type { StorageParts } from "./parts.ts";

const lifecycleSchema = z.strictObject({
  now: z.union([z.number(), z.iso.datetime({ offset: true })]).optional(),
});
const days = z.int().min(0).optional();
const settingsSchema = z.strictObject({
  bucket: z.string(),
  lifecycle: z.array(z.strictObject({
    action: z.strictObject({ type: z.string() }),
    condition: z.looseObject({ age: days, daysSinceCustomTime: days }),
  })).optional(),
  softDeleteSeconds: days,
  versioning: z.boolean().optional(),
});
const mutationsSchema = z.strictObject({ limit: z.enum(["all", "writes", "none"]) });

/** The storage's own controls. */
export function storageControls(parts: StorageParts): readonly Control[] {
  return [
    {
      method: "POST",
      path: "/_local/lifecycle",
      body: "{now?: RFC 3339 or milliseconds since the epoch}",
      does: "applies every bucket's lifecycle rules as if it were now: {deleted: {bucket: n}}",
      async run(body) {
        const { now = parts.clock.now() } = lifecycleSchema.parse(body ?? {});
        return { body: { deleted: await applyLifecycle(parts, new Date(now).getTime()) } };
      },
    },
    {
      method: "POST",
      path: "/_local/settings",
      body: "{bucket, lifecycle?: [rule], softDeleteSeconds?, versioning?: boolean}",
      does:
        "changes a bucket's lifecycle rules, and what its resource reports of soft delete and versions",
      run(body) {
        const { bucket, ...settings } = settingsSchema.parse(body);
        const before = parts.objects.bucket(bucket);
        const { lifecycle = before.lifecycle } = settings;
        parts.database.putBucket({ ...before, ...settings, lifecycle });
        return { body: settings };
      },
    },
    {
      method: "POST",
      path: "/_local/mutations",
      body: "{limit: all | writes | none}",
      does:
        "which second mutations of one object within a second are refused (429); writes at start",
      run(body) {
        const read = mutationsSchema.parse(body);
        parts.objects.limited = read.limit;
        return { body: read };
      },
    },
  ];
}
