import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import type { WebhookEvent } from "@tintype/client/webhooks";
import { createReceiver } from "./receiver.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

test("the receiver takes each event once, refuses what is not signed, and wants again what failed", async () => {
  const events: WebhookEvent[] = [];
  let fails = 1;
  const server = createReceiver([SECRET], async (event) => {
    if (fails-- > 0) throw new Error("no database");
    events.push(event);
  }).listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const post = async (id: string, body: string, signed = body) => {
    const now = new Date();
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      "webhook-signature": new Webhook(SECRET).sign(id, now, signed),
    };
    const url = `http://127.0.0.1:${port}/webhooks`;
    return (await fetch(url, { method: "POST", headers, body })).status;
  };
  const body = JSON.stringify({ type: "image.ready", data: { image_id: "1" } });
  const statuses = [
    ...[await post("a", body), await post("a", body), await post("a", body)],
    ...[await post("b", body, "{}"), await post("c", "x".repeat(65_537))],
  ];
  assert.deepEqual(statuses, [500, 204, 204, 401, 413]);
  assert.deepEqual(events, [JSON.parse(body)]);
  server.close();
});
