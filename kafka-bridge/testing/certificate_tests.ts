/** TLS where the broker wants to see a certificate: who gets in, and which line the others log. */
import assert from "node:assert/strict";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { kafkajsClient } from "../adapters/kafkajs_client.ts";
import { waitForTopics } from "../adapters/wait_for_topics.ts";
import { readKafkaEnv } from "../config/env.ts";
import { wordsOfError } from "../operations/words_of_error.ts";
import { startProgram } from "@tintype/core/testing/start_program";
import type { Cloud } from "./cloud.ts";
import { sentOf } from "./command_tests.ts";
import type { KafkaTests } from "./describe_on_kafka.ts";

type Refusal = readonly [what: string, words: RegExp, envOf: (cloud: Cloud) => Env];
type Env = Readonly<Record<string, string>>;

/** Environments that the broker or the bridge refuses, and the line that says which variable is wrong; the first as a process. */
const REFUSED: readonly [Refusal, ...Refusal[]] = [
  [
    "no certificate of its own",
    /^Cannot talk to Kafka as Kafka wants a client certificate .*KAFKA_TLS_CERT and KAFKA_TLS_KEY/,
    ({ mutual: { KAFKA_TLS_CERT: _cert, KAFKA_TLS_KEY: _key, ...bare } }) => bare,
  ],
  [
    "a certificate by another authority",
    /^Cannot talk to Kafka as Kafka wants a client certificate that it trusts/,
    ({ mutual, certificates: { strangeClient: { cert, key } } }) => ({
      ...mutual,
      KAFKA_TLS_CERT: cert,
      KAFKA_TLS_KEY: key,
    }),
  ],
  [
    "a user and password without the certificate",
    /^Cannot talk to Kafka as Kafka wants a client certificate /,
    ({ secureMutual: { KAFKA_TLS_CERT: _cert, KAFKA_TLS_KEY: _key, ...bare } }) => bare,
  ],
  [
    "an authority that did not sign the broker",
    /^Cannot talk to Kafka as the brokers' certificate is by no authority .*look at KAFKA_TLS_CA/,
    ({ mutual, certificates }) => ({ ...mutual, KAFKA_TLS_CA: certificates.strangeCa }),
  ],
  [
    "no TLS",
    /^Cannot talk to Kafka as the connection ended .*look whether its port wants KAFKA_TLS/,
    ({ mutual }) => ({ KAFKA_BROKERS: mutual["KAFKA_BROKERS"] ?? "" }),
  ],
  [
    "TLS where the port has none",
    /the connection ended before Kafka answered/,
    ({ mutual, brokers }) => ({ ...mutual, KAFKA_BROKERS: brokers }),
  ],
  [
    "no user where one is wanted",
    /the connection ended .* its port wants KAFKA_TLS and KAFKA_SASL_MECHANISM/,
    ({ secure: { KAFKA_SASL_MECHANISM: _mechanism, ...bare } }) => bare,
  ],
  [
    "a certificate without the user",
    /the connection ended .* its port wants KAFKA_TLS and KAFKA_SASL_MECHANISM/,
    ({ mutual, secureMutual }) => ({
      ...mutual,
      KAFKA_BROKERS: secureMutual["KAFKA_BROKERS"] ?? "",
    }),
  ],
  [
    "a user where none is wanted",
    /Kafka takes no user and password at this port/,
    ({ mutual, secure }) => ({ ...secure, ...mutual }),
  ],
  [
    "a host that the broker's certificate does not name",
    /the brokers' certificate is for another host/,
    ({ mutual }) => ({
      ...mutual,
      KAFKA_BROKERS: (mutual["KAFKA_BROKERS"] ?? "").replace("localhost", "127.0.0.1"),
    }),
  ],
];

/** What the bridge and its commands do with a client certificate. */
export const CERTIFICATE_TESTS: KafkaTests = {
  async "certificates get it and its commands in where the broker wants one"(cloud, topics) {
    const folder = await topics.folderWith({ "a.png": PNG_PIXEL });
    const bridge = topics.startBridge(cloud.mutual);
    const args = [folder, "--topic", topics.topic, "--subject", "ada", "--json"];
    const sent = startProgram(["kafka-bridge/produce.ts", ...args], cloud.mutual);
    assert.equal(await sent.ended, 0, sent.errors());
    await topics.send([NOT_AN_IMAGE]);
    await topics.caughtUp();
    assert.equal(await topics.stored(sent.lines.map(sentOf)), 1);
    const list = ["kafka-bridge/dead_letters/main.ts", "--topic", topics.deadLetterTopic, "--json"];
    const listed = startProgram([...list, "list"], cloud.mutual);
    assert.equal(await listed.ended, 0, listed.errors());
    assert.deepEqual(listed.lines.map(({ reason }) => reason), ["not_an_image"]);
    assert.equal(await bridge.kill("SIGTERM"), 0);
    assert.doesNotMatch(`${JSON.stringify(bridge.lines)} ${bridge.errors()}`, /-----BEGIN/);
  },

  async "certificates go together with a user and password"(cloud, topics) {
    const bridge = topics.startBridge(cloud.secureMutual);
    const [sent] = await topics.send([PNG_PIXEL, NOT_AN_IMAGE]);
    assert.ok(sent !== undefined);
    await topics.caughtUp();
    assert.equal(await topics.stored([sent]), 1);
    assert.deepEqual((await topics.deadLetters(1)).map(({ reason }) => reason), ["not_an_image"]);
    // It is the user who is known, not the certificate's subject: this one may not read the group any more.
    await cloud.forbid("group", topics.group);
    assert.equal(await bridge.ended, 1);
    const last = bridge.lines.at(-1);
    assert.equal(last?.["event"], "consumer_ended");
    assert.match(String(last?.["text"]), /Group authorization failed/);
  },

  async "certificates that do not fit keep it out, with one line that says why"(cloud, topics) {
    const [record] = await topics.send([PNG_PIXEL]);
    const [[, reason, envOf]] = REFUSED;
    assert.ok(record !== undefined);
    const bridge = topics.startBridge({ ...envOf(cloud), KAFKA_START_TIMEOUT_MS: "500" });
    assert.equal(await bridge.ended, 1);
    assert.deepEqual(
      bridge.lines.map(({ severity, event }) => [severity, event]),
      [["WARNING", "waiting_for_kafka"], ["ERROR", "start_failed"]],
    );
    for (const { text } of bridge.lines) assert.match(String(text), reason);
    assert.equal(bridge.errors(), "");
    assert.equal(await topics.stored([record]), 0);
    assert.deepEqual([...new Set((await topics.committed()).values())], [-1n]);
  },

  async "certificates are one of several ways not to get in, each with its advice"(cloud, topics) {
    await Promise.all(REFUSED.map(async ([what, advice, envOf]) => {
      const client = { clientId: "unfit", retry: { retries: 0 } };
      const kafka = kafkajsClient(readKafkaEnv(envOf(cloud)), client);
      const looking = waitForTopics(kafka, {
        topics: [topics.topic],
        deadLetterTopic: topics.deadLetterTopic,
        timeoutMs: 0,
        onWaiting: () => undefined,
      });
      const words = await looking.then(() => "it got in", wordsOfError);
      assert.match(words, advice, what);
    }));
  },
};
