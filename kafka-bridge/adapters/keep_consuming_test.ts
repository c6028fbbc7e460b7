import assert from "node:assert/strict";
import { test } from "node:test";
import kafkajs from "kafkajs";
import { isFinal, keepConsuming } from "./keep_consuming.ts";

const { Kafka, logLevel } = kafkajs;

/** A consumer of a cluster of which no broker is there. */
function consumerOfNobody() {
  const kafka = new Kafka({
    brokers: ["127.0.0.1:9"],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0, restartOnFailure: () => Promise.resolve(false) },
  });
  return kafka.consumer({ groupId: "tests" });
}

/** As the library wraps what it does not try again. */
function wrapped(cause: Error): Error {
  return Object.assign(new Error(cause.message, { cause }), { retriable: false });
}

test("keepConsuming() starts a consumer that crashes without brokers again and again", async (t) => {
  const consumer = consumerOfNobody();
  const restarts = Promise.withResolvers<Error[]>();
  const errors: Error[] = [];
  const stop = keepConsuming(consumer, {
    start: () => consumer.run({ eachMessage: () => Promise.resolve() }),
    onRestart: (error) => {
      errors.push(error);
      if (errors.length === 2) restarts.resolve(errors);
    },
    onCrash: (error) => restarts.reject(error),
  });
  t.after(async () => {
    stop();
    await consumer.disconnect();
  });
  for (const error of await restarts.promise) assert.match(error.message, /ECONNREFUSED/);
});

test("keepConsuming() starts again after a start that fails, until it is stopped", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let starts = 0;
  const stop = keepConsuming(consumerOfNobody(), {
    start: () => {
      starts++;
      return Promise.reject(new Error("Broker not connected"));
    },
    onRestart: () => undefined,
    onCrash: (error) => assert.fail(error),
  });
  for (const expected of [1, 2, 3]) {
    assert.equal(starts, expected);
    await new Promise(setImmediate);
    t.mock.timers.tick(1_000);
  }
  stop();
  await new Promise(setImmediate);
  t.mock.timers.tick(10_000);
  assert.equal(starts, 4);
});

test("keepConsuming() gives up where the consumer would fail again", async () => {
  const crashed = Promise.withResolvers<Error>();
  const denied = wrapped(Object.assign(new Error("denied"), { retriable: false }));
  keepConsuming(consumerOfNobody(), {
    start: () => Promise.reject(denied),
    onRestart: (error) => crashed.reject(error),
    onCrash: crashed.resolve,
  });
  assert.equal(await crashed.promise, denied);
});

test("isFinal() is what no broker and no time ends", () => {
  const named = (name: string, retriable: boolean) =>
    Object.assign(new Error(name), { name, retriable });
  const passing = [
    named("KafkaJSConnectionError", true),
    named("KafkaJSGroupCoordinatorNotFound", false),
    named("KafkaJSLockTimeout", false),
    new TypeError("Cannot read properties of undefined (reading 'connect')"),
  ];
  const final = [
    named("KafkaJSProtocolError", false),
    named("KafkaJSSASLAuthenticationError", false),
    named("KafkaJSNotImplemented", false),
  ];
  for (const error of passing) {
    assert.equal(isFinal(error), false, error.name);
    assert.equal(isFinal(wrapped(error)), false, error.name);
  }
  for (const error of final) {
    assert.equal(isFinal(error), true, error.name);
    assert.equal(isFinal(wrapped(error)), true, error.name);
  }
});
