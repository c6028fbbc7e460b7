/**
 * Pub/Sub on one machine: `pubsub_app` routes the REST API's calls (`routes`), `broker` keeps messages in SQLite and hands
 * them to pushes, BigQuery and pulls; `topology` is what the project has. Cloud Scheduler's jobs run beside it.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { faultControls, FaultInjector } from "../faults/faults.ts";
import { emulatorLog, EmulatorServer, runEmulator } from "../http/emulator_server.ts";
import { identityPortsOf } from "../rights.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { schedulerControls } from "../scheduler/scheduler_control.ts";
import { schedulerJobs } from "../scheduler/scheduler_jobs.ts";
import { openDatabase } from "../sqlite.ts";
import { bigqueryDestination } from "./bigquery_destination.ts";
import { Broker } from "./broker.ts";
import { IdentityTokens } from "./identity_tokens.ts";
import { LOCAL_TIMING } from "./local_timing.ts";
import { makePubSubApp } from "./pubsub_app.ts";
import { pushControls } from "./push_control.ts";
import { pushDestination } from "./push_destination.ts";
import { EVENTS_TOPIC, makeTopology } from "./topology.ts";

const {
  PORT = "9085",
  DATA_DIR = ".tintype/pubsub",
  GOOGLE_CLOUD_PROJECT: project = "tintype-local",
  IDENTITY_PORTS = "",
  ISSUER_URL = "http://localhost:9080",
  PROCESSOR_URL: processorUrl = "http://localhost:8080",
  EDGE_URL: edgeUrl = "http://localhost:8787",
  KEEPER_URL: keeperUrl = "http://localhost:8082",
  WEBHOOKS_URL: webhooksUrl = "http://localhost:8083",
  BIGQUERY_URL: bigqueryUrl = "http://localhost:9050",
  LOG_LEVEL,
} = process.env;

await runEmulator("pubsub", async () => {
  const log = emulatorLog("pubsub", LOG_LEVEL);
  const identity = new IdentityTokens({ oidcUrl: ISSUER_URL });
  const retentionMs = numberOf("RETENTION_MS") ?? RETENTION_POLICY.periodMs;
  const timing = {
    minBackoffMs: numberOf("PUSH_MIN_BACKOFF_MS") ?? LOCAL_TIMING.minBackoffMs,
    maxBackoffMs: numberOf("PUSH_MAX_BACKOFF_MS") ?? LOCAL_TIMING.maxBackoffMs,
    concurrency: numberOf("PUSH_CONCURRENCY") ?? LOCAL_TIMING.concurrency,
    maxAttempts: numberOf("PUSH_MAX_ATTEMPTS"),
    ackDeadlineMs: numberOf("ACK_DEADLINE_MS"),
  };
  mkdirSync(DATA_DIR, { recursive: true });
  const db = openDatabase(join(DATA_DIR, "pubsub.sqlite"));
  const broker = new Broker({
    db,
    timing,
    log,
    destinationOf(subscription) {
      if (subscription.bigqueryConfig !== undefined) {
        return bigqueryDestination(subscription, { bigqueryUrl, log });
      }
      if (!subscription.pushConfig.pushEndpoint) return undefined;
      return pushDestination(subscription, { identity, timing, log });
    },
  });
  makeTopology(broker, { project, processorUrl, edgeUrl, webhooksUrl, retentionMs });
  const jobs = schedulerJobs({ baseUrl: keeperUrl, retentionMs });
  const scheduler = new Scheduler({ jobs, identity, log });
  const faults = new FaultInjector();
  const controls = [
    ...faultControls(faults),
    ...pushControls(broker, { project: `projects/${project}`, events: EVENTS_TOPIC }),
    ...schedulerControls(scheduler),
  ];
  const app = makePubSubApp({ broker, project, controls });
  const server = new EmulatorServer(app, { part: "pubsub", log, faults });
  const url = await server.listen(Number(PORT));
  for (const [name, port] of Object.entries(identityPortsOf(IDENTITY_PORTS))) {
    await server.listen(port, name);
  }
  broker.start();
  scheduler.start();
  return {
    url,
    async close() {
      await Promise.all([broker.close(), scheduler.close(), server.close()]);
      db.close();
    },
  };
});

/** A positive integer of the environment, undefined where it is not set; throws RangeError for anything else. */
function numberOf(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`${name} must be a positive integer (got ${text})`);
}
