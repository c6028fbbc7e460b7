import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import type { WebhookEvent } from "@tintype/client/webhooks";
import { parseTenant } from "@tintype/core/model/tenant";
import {
  openWebhookMaster,
  webhookHeaders,
  webhookSecret,
} from "@tintype/core/model/webhook_signature";
import { createReceiver } from "./receiver.ts";

const tenant = parseTenant("acme");
const rotated = { id: "backend", url: "", types: [], version: 2, previousVersion: 1 } as const;

test("the receiver takes what Tintype signs, each event once, and wants again what failed", async () => {
  const master = await openWebhookMaster("a webhook master secret for tests, long enough");
  const [secret, former] = await Promise.all(
    [2, 1].map((version) => webhookSecret(master, { tenant, id: "backend", version })),
  );
  assert.ok(secret !== undefined && former !== undefined);
  const events: WebhookEvent[] = [];
  let fails = 1;
  const server = createReceiver([former], async (event) => {
    if (fails-- > 0) throw new Error("no database");
    events.push(event);
  }).listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const post = async (id: string, body: string, signed = body) => {
    const message = { id, sentAtMs: Date.now(), body: signed };
    const headers = { ...await webhookHeaders(master, { tenant, endpoint: rotated }, message) };
    for (const each of [secret, former]) new Webhook(each).verify(signed, headers);
    const url = `http://127.0.0.1:${port}/webhooks`;
    return (await fetch(url, { method: "POST", headers, body })).status;
  };
  const body = JSON.stringify({ type: "image.ready", data: { image_id: "1" } });
  const statuses = [
    ...[await post("a", body), await post("a", body), await post("a", body)],
    ...[await post("b", body, "{}"), await post("c", `"${"x".repeat(65_536)}"`)],
  ];
  assert.deepEqual(statuses, [500, 204, 204, 401, 413]);
  assert.deepEqual(events, [JSON.parse(body)]);
  server.close();
});
