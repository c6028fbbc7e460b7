import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { TenantTopics } from "@tintype/core/ports/tenants";
import { fakePorts, TENANTS, until } from "../testing/fake_ports.ts";
import { down } from "../testing/open_bridge.ts";
import { awaitTenants } from "./await_tenants.ts";

/** Begins to wait for the tenants of topics; `topicOf` answers for them. */
function begin(topics: readonly string[], topicOf: TenantTopics["topicOf"]) {
  const { ports: { readiness, log }, lines } = fakePorts();
  const stopping = new AbortController();
  const ended = awaitTenants(topics, {
    ...{ tenants: { topicOf }, readiness, log },
    ...{ everyMs: 5, stopping: stopping.signal },
  });
  const reported = () =>
    lines.filter(({ event }) => event === "topic_without_tenant").map(({ fields }) => fields);
  return { readiness, ended, reported, stop: () => stopping.abort() };
}

test("awaitTenants() reports nothing where every topic has a tenant", async () => {
  const { readiness, ended, reported } = begin(["images", "open"], TENANTS.topicOf);
  await ended;
  assert.deepEqual([readiness.current, reported()], [[], []]);
});

test("awaitTenants() reports a topic without a tenant once, and is red until it has one", async () => {
  let isPushed = false;
  const { readiness, ended, reported } = begin(
    ["images", "new"],
    (topic) => TENANTS.topicOf(isPushed && topic === "new" ? "images" : topic),
  );
  await until(() => readiness.current.length > 0);
  await sleep(30);
  assert.deepEqual(readiness.current, ["tenants"]);
  assert.deepEqual(reported().map(({ topic }) => topic), ["new"]);
  assert.match(String(reported()[0]?.["text"]), /^No tenant has the topic new: .*tenants push/);
  isPushed = true;
  await ended;
  assert.deepEqual(readiness.current, []);
  assert.equal(reported().length, 1);
});

test("awaitTenants() is red while the topics cannot be read, and calls none without a tenant", async () => {
  let isReadable = false;
  const { readiness, ended, reported } = begin(
    ["images"],
    (topic) => isReadable ? TENANTS.topicOf(topic) : Promise.reject(down()),
  );
  await until(() => readiness.current.includes("tenants"));
  isReadable = true;
  await ended;
  assert.deepEqual([readiness.current, reported()], [[], []]);
});

test("awaitTenants() ends at the stop", async () => {
  const { readiness, ended, stop } = begin(["new"], TENANTS.topicOf);
  await until(() => readiness.current.length > 0);
  stop();
  await ended;
  assert.deepEqual(readiness.current, []);
});
