import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { isAppError } from "@tintype/core/errors";
import { readEnv } from "./env.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
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
const RIGHT = {
  KAFKA_BROKERS: "one:9092, two:9092",
  KAFKA_CLUSTER: "local",
  KAFKA_TOPICS: "images",
  KAFKA_DEAD_LETTER_TOPIC: "images.dlq",
  KAFKA_GROUP: "tintype-bridge",
  RAW_BUCKET: "tintype-raw",
  PSEUDONYM_KEYS: JSON.stringify([SECRET]),
  TENANT_PLANS: JSON.stringify({ kafkaTopics: { images: { tenant: "stream" } } }),
};

test("readEnv() reads a right environment and listens on this machine alone by default", () => {
  const env = readEnv(RIGHT);
  assert.deepEqual(env.KAFKA_BROKERS, ["one:9092", "two:9092"]);
  assert.equal(env.HOST, "127.0.0.1");
  assert.equal(env.plans.topicOf("images")?.tenant, "stream");
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
  ["PSEUDONYM_KEYS", '["short"]'],
  ["PSEUDONYM_KEYS", undefined],
  ["RETENTION_MS", "5"],
  ["TENANT_PLANS", "{"],
  ["TENANT_PLANS", "{}"],
  ["STORAGE_ENDPOINT", "not an address"],
];

for (const [name, value] of WRONG) {
  test(`readEnv() names ${name} in one line where it is ${value?.replaceAll(/\s+/g, " ")}`, () => {
    assert.throws(() => readEnv({ ...RIGHT, [name]: value }), (error: unknown) => {
      assert.ok(isAppError(error, "invalid_config"));
      assert.match(error.message, new RegExp(`^[^\\n]*\\b${name}: [^\\n]+$`));
      assert.deepEqual([...new Set(error.errors.map(({ path }) => path))], [name]);
      return true;
    });
  });
}

test("readEnv() names every wrong variable at once", () => {
  assert.throws(() => readEnv({}), /KAFKA_BROKERS: must be set; .*PSEUDONYM_KEYS: must be set/);
});

test("readEnv() wants user and password where there is a SASL mechanism", () => {
  assert.throws(
    () => readEnv({ ...RIGHT, KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: "me" }),
    /KAFKA_SASL_PASSWORD/,
  );
});

test("readEnv() takes no redrive topic by name, as they are read beside theirs", () => {
  const kafkaTopics = { "images.redrive": { tenant: "stream" } };
  const env = { KAFKA_TOPICS: "images.redrive", TENANT_PLANS: JSON.stringify({ kafkaTopics }) };
  assert.throws(
    () => readEnv({ ...RIGHT, ...env }),
    /KAFKA_TOPICS: must not name a \.redrive topic/,
  );
});

test("readEnv() wants a client certificate's key beside it, and TLS for both", () => {
  assert.throws(
    () => readEnv({ ...RIGHT, KAFKA_TLS: "true", KAFKA_TLS_CERT: CERTIFICATE }),
    /KAFKA_TLS_KEY/,
  );
  assert.throws(
    () => readEnv({ ...RIGHT, KAFKA_TLS_CA: CERTIFICATE }),
    /KAFKA_TLS_CA: needs KAFKA_TLS=true/,
  );
});

test("readEnv() takes a certificate's own key alone, without a passphrase, and shows none", () => {
  const another = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const open = another.export({ type: "pkcs8", format: "pem" });
  const closed = another.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "closed",
  });
  const messageFor = (key: string | Buffer) => {
    try {
      const tls = { KAFKA_TLS: "true", KAFKA_TLS_CERT: CERTIFICATE, KAFKA_TLS_KEY: String(key) };
      return String(readEnv({ ...RIGHT, ...tls }));
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
  };
  const wrong = "Cannot start as the environment is wrong: KAFKA_TLS_KEY: must be";
  assert.equal(messageFor(open), `${wrong} the key of KAFKA_TLS_CERT`);
  assert.equal(messageFor(closed), `${wrong} PEM of a private key without a passphrase`);
});

test("readEnv() says nothing of a secret's value", () => {
  assert.throws(
    () => readEnv({ ...RIGHT, PSEUDONYM_KEYS: `["${SECRET}"` }),
    (error: unknown) => error instanceof Error && !error.message.includes(SECRET.slice(0, 8)),
  );
});
