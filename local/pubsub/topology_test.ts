import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import plan from "../../infra/check/expected/preview.json" with { type: "json" };
import { makeQueue, PROJECT } from "./_testing.ts";

/** A subscription as Terraform's plan has it; whose host a path is at differs here. */
interface Planned {
  readonly ack_deadline_seconds: number;
  readonly message_retention_duration: string;
  readonly retry_policy: readonly Readonly<Record<string, string>>[];
  readonly push_config: readonly { readonly push_endpoint: string }[];
  readonly bigquery_config: readonly { readonly table: string }[];
  readonly dead_letter_policy: readonly { readonly max_delivery_attempts: number }[];
}

const pathOf = (url: string) => url.replace(/^https?:\/\/[^/]+/, "");
const tableOf = (name: string) => name.split(".").at(-1);

test("the subscriptions are those of Terraform's plan, and the bridge's", (t) => {
  const planned = Object.entries(plan.settings)
    .filter(([name]) => /^google_pubsub_subscription\.(push|rows|unread)/.test(name))
    .map(([, settings]) => settings as Planned); // the plan's, of that type
  const wanted = planned.map((each) =>
    [
      each.ack_deadline_seconds,
      each.message_retention_duration,
      ...each.push_config.map(({ push_endpoint }) => pathOf(push_endpoint)),
      ...each.bigquery_config.map(({ table }) => tableOf(table)),
      ...each.retry_policy.map(({ minimum_backoff, maximum_backoff }) =>
        `${minimum_backoff} ${maximum_backoff}`
      ),
      ...each.dead_letter_policy.map((policy) => policy.max_delivery_attempts),
    ].join()
  );
  const { broker } = makeQueue(t, { retentionMs: RETENTION_POLICY.periodMs });
  const bridge = `projects/${PROJECT}/subscriptions/tintype-images-results`;
  const made = broker.subscriptions.all().filter(({ name }) => name !== bridge).map((each) =>
    [
      each.ackDeadlineSeconds,
      each.messageRetentionDuration,
      ...each.pushConfig.pushEndpoint ? [pathOf(each.pushConfig.pushEndpoint)] : [],
      ...each.bigqueryConfig ? [tableOf(each.bigqueryConfig.table)] : [],
      ...each.retryPolicy
        ? [`${each.retryPolicy.minimumBackoff} ${each.retryPolicy.maximumBackoff}`]
        : [],
      ...each.deadLetterPolicy ? [each.deadLetterPolicy.maxDeliveryAttempts] : [],
    ].join()
  );
  assert.ok(wanted.length > 20);
  assert.deepEqual(made.toSorted(), wanted.toSorted());
});

test("messages are kept their share of a shortened period, a minute at least", (t) => {
  const keptBy = (retentionMs: number) => {
    const { broker } = makeQueue(t, { retentionMs });
    const name = `projects/${PROJECT}/subscriptions/tintype-events`;
    return broker.subscriptions.get(name).messageRetentionDuration;
  };
  assert.deepEqual([keptBy(3_500_000), keptBy(90_000)], ["1500s", "60s"]);
});

test("a second start gives the subscriptions that are there the settings of then", async (t) => {
  const db = new DatabaseSync(":memory:");
  const first = makeQueue(t, { db, processorUrl: "http://localhost:1" });
  await first.configure({ hold: true });
  first.publish("a");
  await first.broker.close(0);
  const second = makeQueue(t, { db, processorUrl: "http://localhost:2" });
  const { pushConfig } = second.broker.subscriptions.get(
    `projects/${PROJECT}/subscriptions/tintype-events`,
  );
  assert.equal(pushConfig.pushEndpoint, "http://localhost:2/events/storage");
  assert.equal(pushConfig.oidcToken?.audience, pushConfig.pushEndpoint);
  const { queued, delivering } = second.status();
  assert.equal(queued + delivering, 1);
});
