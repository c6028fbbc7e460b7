/**
 * What has an image processed again by force: attributes of its event. Only the keeper and Cloud Storage may publish on
 * the topic of events, and Cloud Storage sets no such attribute.
 */
import * as z from "zod";
import { schemaError } from "../errors.ts";

/** Which images a forced event changes, and how far. */
export interface Force {
  /** Those processed before this time, in milliseconds; those of another processor's version where none is given. */
  readonly beforeMs?: number | undefined;
  /** Whether an image that is ready may end as rejected; otherwise it stays as it is. */
  readonly mayReject: boolean;
}

const OTHER_VERSION = "other-version";

const attributesSchema = z.object({
  force: z.union([z.literal(OTHER_VERSION), z.iso.datetime()]).optional(),
  force_may_reject: z.enum(["true", "false"]).default("false"),
});

/** The attributes of a forced event. */
export function attributesOfForce({ beforeMs, mayReject }: Force): Record<string, string> {
  const force = beforeMs === undefined ? OTHER_VERSION : new Date(beforeMs).toISOString();
  return { force, force_may_reject: String(mayReject) };
}

/** Reads an event's attributes; undefined where it is an ordinary one. Throws `invalid_request`. */
export function forceIn(attributes: Readonly<Record<string, string>>): Force | undefined {
  const read = attributesSchema.safeParse(attributes);
  if (!read.success) throw schemaError("invalid_request", "Cannot read forced event", read.error);
  const { force, force_may_reject: mayReject } = read.data;
  if (force === undefined) return undefined;
  const beforeMs = force === OTHER_VERSION ? undefined : Date.parse(force);
  return { beforeMs, mayReject: mayReject === "true" };
}
