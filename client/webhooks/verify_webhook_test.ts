import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { type VerifyOptions, verifyWebhook, type WebhookHeaders } from "./verify_webhook.ts";

/** The public vector of Standard Webhooks' own libraries. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIME_S = 1_614_265_330;
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const BODY = '{"test": 2432232314}';
const OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const HEADERS = {
  "webhook-id": ID,
  "webhook-timestamp": String(TIME_S),
  "webhook-signature": SIGNATURE,
};

interface Case extends VerifyOptions {
  readonly secrets?: string | readonly string[];
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

const verify = ({ secrets = SECRET, headers = {}, body = BODY, ...options }: Case) =>
  verifyWebhook(secrets, { ...HEADERS, ...headers }, body, { nowMs: TIME_S * 1_000, ...options });

const WRONG = `v1,${"A".repeat(43)}=`;
const withHeader = (name: string, text?: string) => ({ headers: { [`webhook-${name}`]: text } });
const signedBy = (...all: readonly string[]) => withHeader("signature", all.join(" "));
const after = (seconds: number) => ({ nowMs: (TIME_S + seconds) * 1_000 });

const TAKEN: Readonly<Record<string, Case>> = {
  "the public vector": {},
  "a secret without its prefix": { secrets: SECRET.slice("whsec_".length) },
  "one of two secrets, as during a rotation": { secrets: [OTHER, SECRET] },
  "one of several signatures": signedBy(WRONG, "v2,x", SIGNATURE),
  "five minutes ago": after(300),
  "five minutes ahead": after(-300),
  "a tolerance of one's own": { ...after(900), toleranceS: 900 },
};

const REFUSED: Readonly<Record<string, readonly [Case, string]>> = {
  "another secret": [{ secrets: OTHER }, "wrong_signature"],
  "a changed body": [{ body: `${BODY} ` }, "wrong_signature"],
  "another id": [withHeader("id", `${ID}x`), "wrong_signature"],
  "another time": [withHeader("timestamp", String(TIME_S + 1)), "wrong_signature"],
  "a wrong signature": [signedBy(WRONG), "wrong_signature"],
  "wrong signatures only": [signedBy(WRONG, WRONG), "wrong_signature"],
  "an unknown version": [signedBy(SIGNATURE.replace("v1", "v2")), "wrong_signature"],
  "no version": [signedBy(SIGNATURE.slice(3)), "wrong_signature"],
  "a signature that is no base64": [signedBy("v1,%"), "wrong_signature"],
  "the right one after ten": [signedBy(...Array(10).fill(WRONG), SIGNATURE), "wrong_signature"],
  "an old time": [after(301), "wrong_time"],
  "a time ahead": [after(-301), "wrong_time"],
  "a time that is none": [withHeader("timestamp", "1e9"), "wrong_time"],
  "no id": [withHeader("id"), "missing_header"],
  "no time": [withHeader("timestamp"), "missing_header"],
  "an empty signature": [signedBy(""), "missing_header"],
  "a secret that is none": [{ secrets: "whsec_secret" }, "invalid_secret"],
  "no secret": [{ secrets: [] }, "wrong_signature"],
};

for (const [what, given] of Object.entries(TAKEN)) {
  test(`verifyWebhook() takes ${what}`, async () => {
    assert.deepEqual(await verify(given), { test: 2432232314 });
  });
}

for (const [what, [given, code]] of Object.entries(REFUSED)) {
  test(`verifyWebhook() refuses ${what}: ${code}`, async () => {
    await assert.rejects(verify(given), { name: "WebhookError", code });
  });
}

test("verifyWebhook() takes what the package standardwebhooks signs, with either kind of headers and body", async () => {
  const now = new Date();
  const event = { type: "image.ready", timestamp: now.toISOString(), data: { ref: "Grüße" } };
  const body = JSON.stringify(event);
  const headers = {
    "Webhook-Id": "1",
    "Webhook-Timestamp": String(Math.floor(now.getTime() / 1_000)),
    "Webhook-Signature": new Webhook(SECRET).sign("1", now, body),
  };
  for (const each of [headers, new Headers(headers)] satisfies WebhookHeaders[]) {
    assert.deepEqual(await verifyWebhook(SECRET, each, body), event);
    assert.deepEqual(await verifyWebhook(SECRET, each, new TextEncoder().encode(body)), event);
  }
  headers["Webhook-Signature"] = new Webhook(SECRET).sign("1", now, "[");
  await assert.rejects(verifyWebhook(SECRET, headers, "["), { code: "wrong_body" });
});
