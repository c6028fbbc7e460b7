/** Rehearses alerts on log lines: breaks a running system, sees the alert's very lines, and follows docs/operations.md. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { firstImageIdOf } from "@tintype/core/model/image_id";
import { rawName } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { publish } from "@tintype/pubsub/publish";
import watch from "../../infra/terraform/modules/contract/alerts.json" with { type: "json" };
import { LOCAL } from "@tintype/local/start/local_names";
import { runAudit } from "../_audit.ts";
import { PORTS } from "@tintype/local/start/local_names";
import { BUCKETS, putObject, URLS } from "../_cloud.ts";
import { addFault, clearFaults, objectUrl } from "../_emulator.ts";
import { runJob, setPush } from "../_push.ts";
import { eventually } from "@tintype/core/testing/eventually";
import type { TroubledSystem } from "./troubled_system.ts";

/** What makes lines of an alert or of a metric, and what an operator does then. */
interface Rehearsal {
  readonly name: string;
  /** Lines must come of it; none where they are there already. */
  readonly cause?: () => Promise<unknown>;
  readonly remedy?: () => Promise<unknown>;
  /** When it is over: no line may come of it. */
  readonly over?: () => Promise<unknown>;
}

type Conditions = Readonly<Record<string, string | boolean | readonly string[]>>;

const LINES_MS = 20_000;
const HOURS_MS = 3_600_000;
const CRON_TRIGGER = `http://127.0.0.1:${PORTS.edgeTriggers}/cdn-cgi/local/scheduled`;
const BROKEN = "tenants/broken.json";
const DEAF = "tenants/deaf.json";
/** Neither an image nor JSON. */
const NOTHING = "{";
const table: Readonly<Record<string, { readonly lines?: Conditions; readonly title?: string }>> = {
  ...watch.alerts,
  ...watch.metrics,
};

const REHEARSALS: readonly Rehearsal[] = [
  // A fault of the campaign before has made them.
  { name: "events_lost" },
  {
    name: "overdue",
    cause: async () => {
      const removal = { method: "DELETE", path: BUCKETS.raw };
      await addFault(URLS.storage, { match: removal, times: 1_000, action: { status: 403 } });
      await setPush({ hold: true }); // else its event would delete it
      await putObject(BUCKETS.raw, nameOf("walks", Date.now() - 3 * HOURS_MS), NOTHING);
      await runJob("sweep");
    },
    remedy: async () => {
      await clearFaults(URLS.storage);
      await runJob("sweep");
      await setPush({ hold: false });
    },
    over: async () => {
      await runJob("sweep");
      const { code, stdout } = await runAudit();
      assert.equal(code, 0, stdout);
    },
  },
  {
    name: "configuration_invalid",
    cause: async () => {
      await putObject(BUCKETS.config, BROKEN, NOTHING);
      await putObject(BUCKETS.raw, nameOf("broken", Date.now()), NOTHING);
    },
    remedy: () => fetch(objectUrl(URLS.storage, BUCKETS.config, BROKEN), { method: "DELETE" }),
  },
  {
    name: "webhooks_dead",
    cause: async () => {
      const webhooks = [{ id: "gone", url: "http://127.0.0.1:1/" }];
      await putObject(BUCKETS.config, DEAF, JSON.stringify({ webhooks }));
      const since = new Date(Date.now() - 25 * HOURS_MS).toISOString();
      const attributes = { tenant: "deaf", endpoint: "gone", event_id: "e", since };
      const lane = `projects/${LOCAL.project}/topics/tintype-webhooks-slow-0`;
      await publish({ endpoint: URLS.pubsub }, lane, [{ data: "{}", attributes }]);
    },
    remedy: () => fetch(objectUrl(URLS.storage, BUCKETS.config, DEAF), { method: "DELETE" }),
  },
  { name: "certificates", cause: () => runJob("sweep") },
  { name: "repairs", cause: () => runJob("repair") },
  { name: "days", cause: () => runJob("days") },
  { name: "synthetic", cause: () => fetch(CRON_TRIGGER) },
];

/** Rehearses each alert that costs little in a system where events were lost. */
export async function rehearseAlerts(t: TestContext, system: TroubledSystem): Promise<void> {
  for (const { name, cause, remedy, over } of REHEARSALS) {
    await t.test(`the lines of ${name} come, and go by the runbook`, async () => {
      const { lines } = table[name] ?? {};
      assert.ok(lines !== undefined, name);
      const count = () => system.lines.filter((line) => meets(line, lines)).length;
      const before = cause === undefined ? 0 : count();
      await cause?.();
      await eventually(`lines of ${name}`, () => count() > before, LINES_MS);
      await remedy?.();
      const settled = count();
      await over?.();
      if (over !== undefined) assert.equal(count(), settled);
    });
  }
}

/** Whether a line meets conditions as the contract's log filter says them. */
function meets(line: string, conditions: Conditions): boolean {
  const at = line.indexOf("{");
  if (at < 0 || !line.endsWith("}")) return false;
  const fields: Record<string, unknown> = JSON.parse(line.slice(at));
  return Object.entries(conditions).every(([field, condition]) => {
    const value = fields[field];
    if (typeof condition === "object") return condition.some((one) => one === value);
    const least = typeof condition === "string" ? /^>(\d+)$/.exec(condition)?.[1] : undefined;
    return least === undefined ? value === condition : Number(value) > Number(least);
  });
}

function nameOf(tenant: string, t0Ms: number): string {
  const imageId = firstImageIdOf(t0Ms);
  return rawName({ tenant: parseTenant(tenant), owner: parseOwner("a".repeat(20)), imageId });
}
