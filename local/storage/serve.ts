/**
 * Cloud Storage on one machine: `storage_app` routes requests by path, the JSON and XML APIs read and write objects
 * (`local_objects`: bytes in files, a row in SQLite makes them an object), resumable sessions collect bytes first;
 * each new raw object leaves a notification in the same transaction, which `notifications` publishes.
 */
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import type { V4Key } from "@tintype/gcs/v4_verifier";
import { readFile } from "node:fs/promises";
import process from "node:process";
import * as z from "zod";
import { emulatorLog, runEmulator } from "../http/emulator_server.ts";
import { identityPortsOf } from "../rights.ts";
import { makeNotifications } from "./notifications.ts";
import { startStorage } from "./storage.ts";

const {
  PORT = "9023",
  DATA_DIR = ".tintype/storage",
  IDENTITIES,
  IDENTITY_PORTS = "",
  PUBSUB_URL = "http://localhost:9085",
  RETENTION_MS = String(RETENTION_POLICY.periodMs),
  LOG_LEVEL,
  CORS_ORIGINS = "http://localhost:8787,http://127.0.0.1:8787",
} = process.env;

const identitiesSchema = z.strictObject({
  hmacKeys: z.array(z.strictObject({
    accessId: z.string().min(1),
    secret: z.string().min(1),
    email: z.string().min(1),
  })).default([]),
  rsaKeys: z.array(z.strictObject({
    email: z.string().min(1),
    publicKeyPem: z.string().min(1),
  })).default([]),
});

const log = emulatorLog("storage", LOG_LEVEL);
const { orphans } = await runEmulator("storage", async () => {
  const findKey = parseIdentities(IDENTITIES ? await readFile(IDENTITIES, "utf8") : "{}");
  const notifications = makeNotifications({ pubsubUrl: PUBSUB_URL, log });
  const storage = await startStorage({
    dataDir: DATA_DIR,
    port: Number(PORT),
    findKey,
    log,
    // Google's week is as long as the period, so it shrinks with it.
    sessionLifeMs: positive(RETENTION_MS),
    corsOrigins: CORS_ORIGINS.split(",").filter((origin) => origin !== ""),
    identityPorts: identityPortsOf(IDENTITY_PORTS),
    notify: notifications.open,
  });
  notifications.start(storage.url);
  return { ...storage, close: () => storage.close(notifications.close) };
});
if (orphans > 0) log.info("orphans_removed", { count: orphans });

function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`RETENTION_MS must be a positive integer (got ${text})`);
}

/**
 * Reads who may sign requests: `{hmacKeys: [{accessId, secret, email}], rsaKeys: [{email, publicKeyPem}]}`;
 * answers a look-up by access id or email. Throws where the text is of another form.
 */
function parseIdentities(json: string): (accessId: string) => V4Key | undefined {
  const { hmacKeys, rsaKeys } = identitiesSchema.parse(JSON.parse(json));
  const keys = new Map<string, V4Key>();
  for (const { accessId, secret, email } of hmacKeys) {
    keys.set(accessId, { type: "hmac", secret, email });
  }
  for (const { email, publicKeyPem } of rsaKeys) {
    keys.set(email, { type: "rsa", publicKeyPem, email });
  }
  return (accessId) => keys.get(accessId);
}
