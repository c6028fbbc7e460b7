/** `deno task webhooks`: what tenants' endpoints are, a test of one, its events again, its secret, and a new one. */
import { defineCommand } from "@tintype/cli/command";
import { path, timeOrAge, wholeNumber } from "@tintype/cli/flag_values";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { UsageError } from "@tintype/cli/usage_error";
import { changeTenant } from "@tintype/core/configuration/change_tenant";
import { readTenantFiles } from "@tintype/core/configuration/push_tenants";
import { AppError } from "@tintype/core/errors";
import { isTenant } from "@tintype/core/model/tenant";
import { parseTenantDocument } from "@tintype/core/model/tenant_plan";
import type { WebhookEndpoint } from "@tintype/core/model/webhook_endpoint";
import { TEST_EVENT, testEventSchema } from "@tintype/core/model/webhook_event";
import { openWebhookMaster, webhookSecret } from "@tintype/core/model/webhook_signature";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { replayWebhooks } from "@tintype/core/webhooks/replay_webhooks";
import { webHashing } from "../adapters/web_hashing.ts";
import { CLOUD_FLAGS, openCloud } from "../command_cloud.ts";
import { stopSignal } from "../stop_signal.ts";
import { readTenantFolder } from "../tenants/read_folder.ts";

const WEBHOOKS = defineCommand({
  name: "webhooks",
  summary:
    `\`list\` prints every tenant's endpoints. \`test TENANT ENDPOINT\` has the dispatcher send an event ${TEST_EVENT}. \`replay TENANT ENDPOINT --since TIME\` has it send again, with the same ids, what became ready, rejected, failed or erased since then and is still kept; what the Kafka source refused is not among it. \`rotate TENANT ENDPOINT\` signs by the next version of its secret too; \`rotate TENANT ENDPOINT --finish\`, once the receiver has that, by it alone. \`secret TENANT ENDPOINT\` prints the secret for the receiver; it takes the master secret from the environment:\nWEBHOOK_MASTER="$(gcloud secrets versions access latest --secret tintype-webhook-master)" npx deno task webhooks secret acme shop`,
  words: { placeholder: "list|test|replay|rotate|secret [TENANT ENDPOINT]", min: 1, max: 3 },
  flags: {
    "tenants DIR": {
      about: "`list` those of the tenants' objects in this folder instead of the uploaded ones",
      parse: path,
    },
    "since TIME": {
      about: "of `replay`: 2026-11-30T08:00:00Z, or how long ago: 3h",
      parse: timeOrAge(RETENTION_POLICY.periodMs),
    },
    "dry-run": "of `replay`: count the events and send none; of `rotate`: change nothing",
    "finish": "of `rotate`: end it",
    "version N": {
      about: "of `secret`: the version (default: the endpoint's own)",
      parse: wholeNumber(1, 1_000_000),
    },
    "json": "print the result as JSON",
    ...CLOUD_FLAGS,
  },
  exitCodes: { 0: "done", 1: "there is no such endpoint, or an event could not be published" },
});

type WebhooksCall = ReturnType<typeof WEBHOOKS.parse>;
type Cloud = Awaited<ReturnType<typeof openCloud>>;
type Files = ReadonlyMap<string, Uint8Array>;

/** An endpoint of a tenant. */
type Named = { readonly tenant: string } & WebhookEndpoint;

function endpointsOf(files: Files): readonly Named[] {
  return [...files].flatMap(([tenant, bytes]) =>
    (parseTenantDocument(bytes).webhooks ?? []).map((endpoint) => ({ tenant, ...endpoint }))
  );
}

function lineOf({ tenant, id, url, types, version, previousVersion }: Named): string {
  const versions = previousVersion === undefined
    ? `${version}`
    : `${version} and ${previousVersion}`;
  return `${tenant} ${id} ${url} (version ${versions}): ${types.join(", ")}`;
}

function list(files: Files, { json }: WebhooksCall): number {
  const endpoints = endpointsOf(files);
  if (json) console.log(JSON.stringify(endpoints, null, 2));
  else if (endpoints.length === 0) console.log("no endpoints");
  else for (const endpoint of endpoints) console.log(lineOf(endpoint));
  return EXIT.done;
}

const ACTS: Readonly<
  Record<string, (cloud: Cloud, endpoint: Named, call: WebhooksCall) => Promise<number>>
> = { test, replay, rotate, secret };

async function test({ webhooks }: Cloud, { tenant, id }: Named): Promise<number> {
  const eventId = crypto.randomUUID().replaceAll("-", "");
  const event = testEventSchema.parse({
    type: TEST_EVENT,
    timestamp: new Date().toISOString(),
    data: { tenant, endpoint: id },
  });
  await webhooks.publishWebhooks("new", [
    { body: JSON.stringify(event), tenant: tenantOf(tenant), endpoint: id, eventId },
  ]);
  console.log(
    `${TEST_EVENT} ${eventId} is on its way. The dispatcher logs "webhook" with this eventId when it was ` +
      `delivered, "webhook_failed" when it was not.`,
  );
  return EXIT.done;
}

async function replay(cloud: Cloud, { tenant, ...endpoint }: Named, call: WebhooksCall) {
  const { since, dryRun, json } = call;
  if (since === undefined) throw new UsageError("Cannot run webhooks: replay needs --since");
  const replayed = await replayWebhooks({ ...cloud, hashing: webHashing, clock: Date }, {
    tenant: tenantOf(tenant),
    endpoint,
    sinceMs: since,
    isDryRun: dryRun,
    signal: stopSignal(),
  });
  const { events, failed } = replayed;
  const verb = dryRun ? "would be sent again" : "are sent again";
  const sentence = events + failed === 0
    ? "nothing is left of that time: images and their events are kept for the retention period"
    : `${events} events ${verb}, ${failed} failed`;
  console.log(json ? JSON.stringify(replayed) : sentence);
  return failed === 0 ? EXIT.done : EXIT.failed;
}

async function rotate({ config }: Cloud, endpoint: Named, { finish, dryRun }: WebhooksCall) {
  const { tenant, id, version, previousVersion } = endpoint;
  if ((previousVersion !== undefined) !== finish) {
    console.error(
      finish
        ? `${tenant} ${id}: nothing to finish, version ${version} alone signs`
        : `${tenant} ${id}: versions ${version} and ${previousVersion} sign already: end that with --finish`,
    );
    return EXIT.failed;
  }
  const next = finish
    ? { version, previousVersion: undefined }
    : { version: version + 1, previousVersion: version };
  await changeTenant(config, {
    name: tenant,
    isDryRun: dryRun,
    change({ webhooks = [] }) {
      const held = webhooks.find((each) => each.id === id);
      if (held?.version !== version || held.previousVersion !== previousVersion) {
        throw new AppError(
          "conflict",
          `Cannot rotate ${id}: somebody else has. Look at its version first (list)`,
        );
      }
      return { webhooks: webhooks.map((each) => each.id === id ? { ...each, ...next } : each) };
    },
  });
  const signs = finish
    ? `version ${version} alone signs`
    : `versions ${version + 1} and ${version} sign`;
  console.log(`${tenant} ${id}: ${signs} ${dryRun ? "after it" : "within a minute"}`);
  const steps =
    `npx deno task webhooks secret ${tenant} ${id}, give it to the tenant, then rotate ${tenant} ${id} --finish`;
  if (!finish && !dryRun) console.log(`Then: ${steps}`);
  return EXIT.done;
}

async function secret(_: Cloud, { tenant, id, version }: Named, call: WebhooksCall) {
  const master = Deno.env.get("WEBHOOK_MASTER");
  if (!master) {
    throw new UsageError("Cannot run webhooks: WEBHOOK_MASTER must hold the master secret");
  }
  const of = { tenant: tenantOf(tenant), id, version: call.version ?? version };
  console.log(await webhookSecret(await openWebhookMaster(master), of));
  return EXIT.done;
}

function tenantOf(name: string) {
  if (isTenant(name)) return name;
  throw new UsageError(`Cannot run webhooks: ${name} is no tenant`);
}

await runMain(WEBHOOKS, async (call) => {
  const { words: [act = "", tenant, id], tenants, ...flags } = call;
  if (act === "list" && tenant === undefined) {
    const files = tenants === undefined
      ? await readTenantFiles((await openCloud(flags)).config)
      : await readTenantFolder(tenants);
    return list(files, call);
  }
  const run = Object.hasOwn(ACTS, act) ? ACTS[act] : undefined;
  if (run === undefined || tenant === undefined || id === undefined) {
    throw new UsageError(
      "Cannot run webhooks: it takes list, or test, replay, rotate or secret with TENANT ENDPOINT",
    );
  }
  const cloud = await openCloud(flags);
  const found = endpointsOf(await readTenantFiles(cloud.config)).find((endpoint) =>
    endpoint.tenant === tenant && endpoint.id === id
  );
  if (found !== undefined) return await run(cloud, found, call);
  console.error(`${tenant} has no endpoint ${id}: see \`deno task webhooks list\``);
  return EXIT.failed;
});
