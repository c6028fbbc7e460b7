import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { pythonEnvironment } from "@tintype/cli/python_environment";
import { startApi } from "./_testing.ts";

const run = promisify(execFile);
const { bin, missing: skip } = pythonEnvironment("google-cloud-pubsub==2.44.0");

/** What Google's Python client says of a topic, a subscription, two published and two pulled messages. */
const PROGRAM = `
import json, sys
from google.auth.credentials import AnonymousCredentials
from google.pubsub_v1 import PublisherClient, SubscriberClient, types
from google.pubsub_v1.services.publisher.transports.rest import PublisherRestTransport
from google.pubsub_v1.services.subscriber.transports.rest import SubscriberRestTransport

access = dict(host=sys.argv[1], url_scheme="http", credentials=AnonymousCredentials())
publisher = PublisherClient(transport=PublisherRestTransport(**access))
subscriber = SubscriberClient(transport=SubscriberRestTransport(**access))
topic = "projects/tintype-local/topics/python"
name = "projects/tintype-local/subscriptions/python"
publisher.create_topic(request={"name": topic})
subscription = subscriber.create_subscription(request=types.Subscription(
    name=name, topic=topic, ack_deadline_seconds=20, filter='attributes:kind',
    retry_policy=types.RetryPolicy(minimum_backoff={"seconds": 10})))
messages = [types.PubsubMessage(data="ü".encode(), attributes={"kind": "a"}), types.PubsubMessage(data=b"dropped")]
ids = publisher.publish(topic=topic, messages=messages).message_ids
pulled = subscriber.pull(subscription=name, max_messages=5).received_messages
subscriber.modify_ack_deadline(subscription=name, ack_ids=[pulled[0].ack_id], ack_deadline_seconds=30)
subscriber.acknowledge(subscription=name, ack_ids=[pulled[0].ack_id])
subscriber.update_subscription(request={
    "subscription": {"name": name, "ack_deadline_seconds": 60}, "update_mask": "ackDeadlineSeconds"})
try:
    publisher.get_topic(topic=topic + "-none")
except Exception as error:
    missing = type(error).__name__
print(json.dumps({
    "ids": list(ids), "pulled": [m.message.message_id for m in pulled],
    "data": pulled[0].message.data.decode(), "attributes": dict(pulled[0].message.attributes),
    "age": abs(pulled[0].message.publish_time.timestamp() - __import__("time").time()),
    "deadline": subscriber.get_subscription(subscription=name).ack_deadline_seconds,
    "state": subscription.state.name, "missing": missing,
    "topics": [t.name for t in publisher.list_topics(request={"project": "projects/tintype-local", "page_size": 2})],
}))
subscriber.delete_subscription(subscription=name)
publisher.delete_topic(topic=topic)
`;

test("Google's Python client publishes and pulls over its REST transport", { skip }, async (t) => {
  const { url, call } = await startApi(t);
  const { stdout } = await run(join(bin, "python"), ["-c", PROGRAM, new URL(url).host]);
  const { ids, pulled, age, topics, ...rest } = JSON.parse(stdout);
  assert.deepEqual(pulled, [ids[0]]);
  assert.ok(age < 60, `${age} s`);
  assert.equal(topics.length, 25);
  assert.deepEqual(rest, {
    data: "ü",
    attributes: { kind: "a" },
    deadline: 60,
    state: "ACTIVE",
    missing: "NotFound",
  });
  assert.equal((await call("GET", "topics/python")).code, "NOT_FOUND");
});
