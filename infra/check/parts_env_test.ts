import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readEnv as readBridgeEnv } from "@tintype/kafka-bridge/config/env";
import { readEnv as readProcessorEnv } from "@tintype/processor/env";
import { readKeeperEnv } from "@tintype/processor/keeper_env";
import { denoFlags, KEEPER_HOSTS } from "@tintype/processor/permissions";
import { readWebhooksEnv } from "@tintype/processor/webhooks_env";
import { outputsOf, WITHOUT_TERRAFORM as skip } from "./_outputs_testing.ts";
import type { Inventory } from "./inventory.ts";
import { RIGHTS } from "./rights.ts";
import { inventoryFile } from "./steps.ts";
import { ENVIRONMENTS } from "./terraform_plan.ts";

const KEEPER_SECRETS = {
  CERTIFICATE_KEY: "-----BEGIN PRIVATE KEY-----",
  PSEUDONYM_KEYS: "{}",
};
const SECRETS = {
  KAFKA_SASL_PASSWORD: "a password",
  PSEUDONYM_KEYS: JSON.stringify({ 1: "0".repeat(64) }),
};
const WEBHOOK_MASTER = "0".repeat(64);

function textsOf(output: { value: unknown } | undefined): Record<string, string> {
  assert.ok(typeof output?.value === "object" && output.value !== null);
  return Object.fromEntries(
    Object.entries(output.value).map(([name, text]) => [name, String(text)]),
  );
}

for (const environment of ENVIRONMENTS) {
  test(
    `the parts of ${environment} can read the variables that Terraform sets`,
    { skip },
    async () => {
      const outputs = await outputsOf(environment);
      const processor = readProcessorEnv(textsOf(outputs["processor_env"]));
      assert.match(
        processor.audience,
        /^https:\/\/tintype.*-processor-\d+\.europe-west4\.run\.app$/,
      );
      const keeper = readKeeperEnv({ ...textsOf(outputs["keeper_env"]), ...KEEPER_SECRETS });
      assert.deepEqual(
        Object.keys(textsOf(outputs["keeper_secrets"])),
        Object.keys(KEEPER_SECRETS),
      );
      assert.match(keeper.audience, /^https:\/\/tintype.*-keeper-\d+\.europe-west4\.run\.app$/);
      const { certificates, ...shared } = keeper.buckets;
      assert.deepEqual(shared, processor.buckets);
      assert.match(certificates, /-certificates$/);
      const env = { ...textsOf(outputs["webhooks_env"]), WEBHOOK_MASTER };
      const webhooks = readWebhooksEnv(env);
      assert.match(webhooks.audience, /^https:\/\/tintype.*-webhooks-\d+\.europe-west4\.run\.app$/);
      assert.equal(webhooks.configBucket, processor.buckets.config);
      assert.deepEqual([webhooks.allowsLoopback, webhooks.endpoints.storage], [false, undefined]);
      assert.deepEqual(bucketsOfWorker(environment), processor.buckets);
      if (outputs["has_bridge"]?.value !== true) return;
      const bridge = await readBridgeEnv({ ...textsOf(outputs["bridge_env"]), ...SECRETS });
      assert.deepEqual(Object.keys(textsOf(outputs["bridge_secrets"])), Object.keys(SECRETS));
      assert.equal(bridge.KAFKA_TLS, true);
      assert.equal(bridge.RAW_BUCKET, processor.buckets.raw);
      assert.equal(textsOf(outputs["bridge_env"])["CONFIG_BUCKET"], processor.buckets.config);
      assert.equal(textsOf(outputs["bridge_env"])["RECORDS_TOPIC"], processor.recordsTopic);
    },
  );
}

test("the inventories have the grants and alerts of the contract", { skip }, async () => {
  for (const environment of ENVIRONMENTS) {
    const outputs = await outputsOf(environment);
    const inventory: Inventory = JSON.parse(readFileSync(inventoryFile(environment), "utf8"));
    const grants = JSON.stringify(outputs["grants"]?.value);
    const fields = ["identity", "verb", "place"].map((name) =>
      [...grants.matchAll(new RegExp(`"${name}":"([^"]+)"`, "g"))].map((match) => match[1] ?? "")
    );
    const [identities = [], verbs = [], places = []] = fields;
    const granted = identities.map((who, at) => `${who}: ${verbs[at]} on ${places[at]}`);
    const ofIdentities = inventory.grants.filter((grant) =>
      (grant.split(":")[0] ?? "") in RIGHTS.identities
    );
    assert.deepEqual([...new Set(granted)].toSorted(), ofIdentities.toSorted());
    const alerts = Object.keys(Object(outputs["alerts"]?.value)).length;
    assert.equal(inventory.resources["google_monitoring_alert_policy"], alerts);
  }
});

for (const [service, hosts] of [["keeper", KEEPER_HOSTS], ["webhooks", []]] as const) {
  test(`the command of ${service} is that of its permissions in the processor's image`, () => {
    const file = new URL(`../terraform/modules/contract/${service}_command.json`, import.meta.url);
    const flags = denoFlags(service, { denoPath: "/usr/local/bin/deno", hosts });
    assert.deepEqual(
      JSON.parse(readFileSync(file, "utf8")),
      ["deno", "run", ...flags, `processor/${service}.ts`],
    );
  });
}

/** The buckets that `wrangler.toml` names to the worker. */
function bucketsOfWorker(environment: string): Record<string, string | undefined> {
  const text = readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8");
  const table = environment === "production" ? "[vars]" : `[env.${environment}.vars]`;
  const vars = text.split(`\n${table}\n`)[1]?.split("\n[")[0] ?? "";
  const bucketOf = (name: string) => new RegExp(`^${name}_BUCKET = "(.*)"$`, "m").exec(vars)?.[1];
  return {
    raw: bucketOf("RAW"),
    processed: bucketOf("PROCESSED"),
    erasures: bucketOf("ERASURES"),
    config: bucketOf("CONFIG"),
  };
}
