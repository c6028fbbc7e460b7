import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { isAppError } from "@tintype/core/errors";
import { bridgeEnv, SECRET } from "../testing/bridge_env.ts";
import { readEnv } from "./env.ts";

/** Self-signed, `CN=client`; its key was thrown away. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUJRKvxTdC+nFafF2m+ZtiQ5VISdYwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGY2xpZW50MCAXDTI2MTEyMTExNTIxOFoYDzIxMjYxMDI4MTE1
MjE4WjARMQ8wDQYDVQQDDAZjbGllbnQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARxQOK6V7Xh2prVvEQEKxoNy0GzxID5tF881V5uFylNXv8O+Rh0wAzgaKDx7WwE
91zPSmynRzLQG+9KM7dXzYlWo1MwUTAdBgNVHQ4EFgQUeunn3wsSSdbUiT/5d4bD
7Jqii4QwHwYDVR0jBBgwFoAUeunn3wsSSdbUiT/5d4bD7Jqii4QwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAyU7+MQR5BmgmQ9RbLkCk/z/kPTqx
9yN3NjBbIf8+4OACIAUmQP7A/N339sXLHBKN+8RGmTlKIdmmdzEzwA43noVZ
-----END CERTIFICATE-----
`;
const UNREADABLE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const { PORT: _port, ...REST } = bridgeEnv();
const RIGHT = { ...REST, KAFKA_BROKERS: "one:9092, two:9092" };

test("readEnv() reads a right environment and listens on this machine alone by default", async () => {
  const env = await readEnv(RIGHT);
  assert.deepEqual(env.KAFKA_BROKERS, ["one:9092", "two:9092"]);
  assert.equal(env.HOST, "127.0.0.1");
  assert.deepEqual([...env.pseudonymKeys.keys()], [1]);
  assert.equal(env.RECORDS_TOPIC, "tintype-images");
  assert.equal(env.policy.periodMs, 7 * 24 * 3_600_000);
});

const WRONG: readonly (readonly [string, string | undefined])[] = [
  ["KAFKA_BROKERS", "localhost"],
  ["KAFKA_BROKERS", undefined],
  ["KAFKA_CLUSTER", "a/b"],
  ["KAFKA_DEAD_LETTER_TOPIC", "images"],
  ["KAFKA_DEAD_LETTER_TOPIC", "images.redrive"],
  ["KAFKA_TLS", "yes"],
  ["KAFKA_TLS_CA", "not PEM"],
  ["KAFKA_TLS_CA", CERTIFICATE + UNREADABLE],
  ["KAFKA_TLS_CERT", UNREADABLE],
  ["BUDGET_MIB", "1"],
  ["PORT", "high"],
  ["PSEUDONYM_KEYS", '{"1": "short"}'],
  ["PSEUDONYM_KEYS", JSON.stringify([SECRET])],
  ["PSEUDONYM_KEYS", "{}"],
  ["CONFIG_BUCKET", undefined],
  ["GOOGLE_CLOUD_PROJECT", undefined],
  ["RECORDS_TOPIC", "no topic"],
  ["PUBSUB_ENDPOINT", "not an address"],
  ["PSEUDONYM_KEYS", undefined],
  ["RETENTION_MS", "5"],
  ["STORAGE_ENDPOINT", "not an address"],
];

for (const [name, value] of WRONG) {
  test(`readEnv() names ${name} in one line where it is ${value?.replaceAll(/\s+/g, " ")}`, async () => {
    await assert.rejects(readEnv({ ...RIGHT, [name]: value }), (error: unknown) => {
      assert.ok(isAppError(error, "invalid_config"));
      assert.match(error.message, new RegExp(`^[^\\n]*\\b${name}: [^\\n]+$`));
      assert.deepEqual([...new Set(error.errors.map(({ path }) => path))], [name]);
      return true;
    });
  });
}

test("readEnv() names every wrong variable at once", async () => {
  await assert.rejects(readEnv({}), /KAFKA_BROKERS: must be set; .*PSEUDONYM_KEYS: must be set/);
});

const [PLAIN, OAUTH] = ["plain", "oauthbearer"].map((KAFKA_SASL_MECHANISM) => ({
  ...{ KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME: "me", KAFKA_SASL_PASSWORD: "secret" },
}));
const TLS = { KAFKA_TLS: "true" };
const OPEN_URL = { KAFKA_OAUTH_TOKEN_URL: "http://id.example/token" };

/** What does not go together; what is undefined is not set. */
const UNFIT: readonly (readonly [string, RegExp, Readonly<Record<string, string | undefined>>])[] =
  [
    ["a SASL mechanism without a password", /KAFKA_SASL_PASSWORD/, {
      ...{ ...PLAIN, KAFKA_SASL_PASSWORD: undefined },
    }],
    ["PLAIN without TLS", /KAFKA_TLS: must be true with plain/, { ...PLAIN }],
    ["no token endpoint", /KAFKA_OAUTH_TOKEN_URL: must be set/, { ...OAUTH, ...TLS }],
    ["an open token endpoint", /KAFKA_OAUTH_TOKEN_URL: must be https/, OPEN_URL],
    ["a redrive topic", /KAFKA_TOPICS: must not name a \.redrive/, { KAFKA_TOPICS: "a.redrive" }],
    ["a certificate without its key", /KAFKA_TLS_KEY/, { ...TLS, KAFKA_TLS_CERT: CERTIFICATE }],
    ["a CA without TLS", /KAFKA_TLS_CA: needs KAFKA_TLS=true/, { KAFKA_TLS_CA: CERTIFICATE }],
  ];

for (const [what, message, env] of UNFIT) {
  test(`readEnv() refuses ${what}`, async () => {
    await assert.rejects(readEnv({ ...RIGHT, ...env }), message);
  });
}

test("readEnv() takes a certificate's own key alone, without a passphrase, and shows none", async () => {
  const another = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const open = another.export({ type: "pkcs8", format: "pem" });
  const closed = another.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "closed",
  });
  const messageFor = async (key: string | Buffer) => {
    try {
      const tls = { KAFKA_TLS: "true", KAFKA_TLS_CERT: CERTIFICATE, KAFKA_TLS_KEY: String(key) };
      return String(await readEnv({ ...RIGHT, ...tls }));
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
  };
  const wrong = "Cannot start as the environment is wrong: KAFKA_TLS_KEY: must be";
  assert.equal(await messageFor(open), `${wrong} the key of KAFKA_TLS_CERT`);
  assert.equal(await messageFor(closed), `${wrong} PEM of a private key without a passphrase`);
});

test("readEnv() says nothing of a secret's value", async () => {
  await assert.rejects(
    readEnv({ ...RIGHT, PSEUDONYM_KEYS: `{"1": "${SECRET}"` }),
    (error: unknown) => error instanceof Error && !error.message.includes(SECRET.slice(0, 8)),
  );
});
