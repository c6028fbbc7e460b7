/** Topics and subscriptions as the REST API describes them; what this emulator does not do is refused by its name. */
import * as z from "zod";
import { only } from "../http/declared_body.ts";
import { parseFilter } from "./filter.ts";
import { RpcError } from "./rpc_error.ts";

const MINUTE_S = 60;
const DAY_S = 86_400;
const off = only(false);
const labels = z.record(z.string(), z.string()).optional();
const topicName = z.string().regex(/^projects\/[^/]+\/topics\/[^/]+$/);

/** A `google.protobuf.Duration` within bounds in seconds. */
const duration = (least: number, most: number) =>
  z.string().regex(/^\d{1,9}(\.\d{1,9})?s$/).refine((text) => {
    const seconds = Number(text.slice(0, -1));
    return seconds >= least && seconds <= most;
  }, `must be from ${least}s to ${most}s`);

const retention = duration(10 * MINUTE_S, 31 * DAY_S);

/** A topic as a request states it. */
export const topicSchema = z.strictObject({
  name: z.string().optional(),
  labels,
  messageRetentionDuration: retention.optional(),
});

const pushConfigSchema = z.strictObject({
  pushEndpoint: z.union([z.literal(""), z.url({ protocol: /^https?$/ })]).optional(),
  attributes: z.strictObject({ "x-goog-version": z.enum(["v1", "v1beta1"]).optional() }).optional(),
  oidcToken: z.strictObject({
    serviceAccountEmail: z.string().min(1),
    audience: z.string().optional(),
  }).optional(),
  pubsubWrapper: z.strictObject({}).optional(),
});

const bigqueryConfigSchema = z.strictObject({
  table: z.string().regex(/^[^.:]+[.:]\w+\.\w+$/),
  useTableSchema: z.boolean().optional(),
  writeMetadata: z.boolean().optional(),
  dropUnknownFields: z.boolean().optional(),
  useTopicSchema: off,
});

const seconds = z.int().refine(
  (value) => value === 0 || (value >= 10 && value <= 600),
  "must be from 10 to 600",
);

/** A subscription as a request states it. */
export const subscriptionSchema = z.strictObject({
  name: z.string().optional(),
  topic: topicName,
  labels,
  ackDeadlineSeconds: seconds.default(10).transform((value) => value === 0 ? 10 : value),
  messageRetentionDuration: retention.default(`${7 * DAY_S}s`),
  retainAckedMessages: off,
  expirationPolicy: z.strictObject({}).optional(),
  filter: z.string().default(""),
  retryPolicy: z.strictObject({
    minimumBackoff: duration(0, 600).default("10s"),
    maximumBackoff: duration(0, 600).default("600s"),
  }).optional(),
  deadLetterPolicy: z.strictObject({
    deadLetterTopic: topicName,
    maxDeliveryAttempts: z.int().min(5).max(100).default(5),
  }).optional(),
  pushConfig: pushConfigSchema.default({}),
  bigqueryConfig: bigqueryConfigSchema.optional(),
  enableMessageOrdering: off,
  enableExactlyOnceDelivery: off,
  detached: off,
}).refine(
  ({ pushConfig, bigqueryConfig }) => !pushConfig.pushEndpoint || bigqueryConfig === undefined,
  "only one of pushConfig and bigqueryConfig may be set",
);

/** A topic with its full name. */
export type Topic = Readonly<z.infer<typeof topicSchema>> & { readonly name: string };

/** A subscription with its full name and every default. */
export type Subscription = Readonly<z.infer<typeof subscriptionSchema>> & {
  readonly name: string;
};

/** What a caller may write of a subscription. */
export type SubscriptionInput = z.input<typeof subscriptionSchema>;

/** Fields of a subscription that never change (https://cloud.google.com/pubsub/docs/subscription-message-filter). */
export const FIXED_FIELDS: readonly string[] = ["name", "topic", "filter"];

/** A topic of that name; throws RpcError. */
export function parseTopic(name: string, body: z.infer<typeof topicSchema>): Topic {
  return { ...body, name: checkedName(name, body) };
}

/** A subscription of that name; throws RpcError. */
export function parseSubscription(
  name: string,
  body: z.infer<typeof subscriptionSchema>,
): Subscription {
  parseFilter(body.filter);
  return { ...body, name: checkedName(name, body) };
}

/** Milliseconds of a duration such as `600s`. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * 1_000;
}

/** Throws RpcError unless the name's last part is an id and the body names the same resource, or none. */
function checkedName(name: string, body: { readonly name?: string | undefined }): string {
  const id = name.split("/").at(-1) ?? "";
  if (!/^(?!goog)[A-Za-z][A-Za-z0-9\-._~+%]{2,254}$/.test(id)) {
    throw new RpcError("INVALID_ARGUMENT", `Invalid resource name: ${name}`);
  }
  const { name: named = name } = body;
  if (named === name) return name;
  throw new RpcError("INVALID_ARGUMENT", `The body names another resource than ${name}`);
}
