import { AppError } from "@tintype/core/errors";
import { slowLaneOf } from "@tintype/core/fairness/slow_lane";
import { erasingName, rawName } from "@tintype/core/model/object_name";
import { manifestOf } from "@tintype/core/testing/assert_ready";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { generateKeyPair } from "jose";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type AppFixtureOptions,
  AUDIENCE,
  createFixture,
  post,
  PUSH_ACCOUNT,
  pushBody,
  SCHEDULER_ACCOUNT,
  startIssuer,
} from "./_app_fixture.ts";
import type { SlowLanes } from "./adapters/pubsub_publisher.ts";
import { FairQueue } from "./fair_queue.ts";

const EVENTS = "/events/storage";

/** A message that went to a slow lane. */
interface Lane {
  readonly lane: number;
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
}

describe("createApp()", () => {
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  const pushToken = (path = EVENTS) => issuer.sign({ aud: AUDIENCE + path });

  before(async () => void (issuer = await startIssuer()));
  after(async () => await issuer.stop());

  /** An app, with calls as Pub/Sub makes them. */
  function fixture(options: Partial<AppFixtureOptions> = {}) {
    const made = createFixture({ keysUrl: issuer.url, ...options });
    return {
      ...made,
      push: async (name: string, attributes: Record<string, string> = {}, path = EVENTS) => {
        const body = pushBody(name, attributes);
        return await post(made.app, path, { token: await pushToken(path), body });
      },
    };
  }

  test("a push of a raw object leaves renditions, one row and a ready manifest, and is acknowledged", async () => {
    const { world, push, events } = fixture();
    const ref = sampleRef();
    await world.upload(ref);
    assert.equal((await push(rawName(ref))).status, 204);
    const files = world.processed.names().map((name) => name.split("/").at(-1));
    assert.deepEqual(files, ["large.jpg", "manifest.json", "medium.jpg", "thumb.jpg"]);
    const rows = world.rows.rows().map(({ image_id, status }) => [image_id, status]);
    assert.deepEqual(rows, [[ref.imageId, "ready"]]);
    const [line] = events();
    assert.deepEqual(
      [line.event, line.imageId, line.tenant, line.outcome, line.status, line.attempt],
      ["delivery", ref.imageId, "acme", "done", "ready", 3],
    );
    assert.equal(typeof line.totalMs, "number");
  });

  test("the same push again is acknowledged and publishes the same record again", async () => {
    const { world, push, events } = fixture();
    const { objectName } = await world.upload(sampleRef());
    for (let time = 0; time < 2; time++) assert.equal((await push(objectName)).status, 204);
    const ids = world.rows.records().map(({ attributes }) => attributes.event_id);
    assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
    assert.equal(events()[1].outcome, "already");
  });

  test("a dead letter's row says how often its event was delivered", async () => {
    const { world, push } = fixture();
    const { objectName } = await world.upload(sampleRef());
    const attributes = { CloudPubSubDeadLetterSourceDeliveryCount: "100" };
    assert.equal((await push(objectName, attributes, "/events/dead")).status, 204);
    const rows = world.rows.rows().map(({ attempt, status }) => [attempt, status]);
    assert.deepEqual(rows, [[100, "failed"]]);
  });

  test("a forced event has the image processed again with the service's own sizes and version, an unreadable one nothing", async () => {
    const plan = { renditions: [{ name: "tiny", width: 8, height: 8 }] };
    const { world, push, events } = fixture({ plan });
    const ref = sampleRef();
    const { objectName } = await world.upload(ref);
    await push(objectName);
    const force = new Date(Date.now() + 60_000).toISOString();
    assert.equal((await push(objectName, { force: "always" })).status, 204);
    assert.equal(events()[1].event, "push_unreadable");
    assert.equal((await push(objectName, { force: "other-version" })).status, 204);
    assert.equal(events()[2].outcome, "already", "it is of this version");
    world.clock.nowMs += 1;
    assert.equal((await push(objectName, { force }, "/events/slow")).status, 204);
    const { attempt, renditions } = await manifestOf(world, ref);
    assert.deepEqual([attempt, renditions.map(({ name }) => name)], [1_001, ["tiny"]]);
    const marks = world.processed.names().filter((name) => name.includes("tiny."));
    assert.deepEqual(marks, renditions.map(({ object }) => object));
    assert.equal(events()[3].outcome, "done");
  });

  test("a push of an erasure request erases the image and publishes its record", async () => {
    const { world, push } = fixture();
    const ref = sampleRef();
    await world.upload(ref);
    await push(rawName(ref));
    await world.requestErasure(ref);
    assert.equal((await push(rawName(ref), { bucketId: "tintype-erasures" })).status, 204);
    assert.deepEqual(world.raw.names(), []);
    assert.deepEqual(world.processed.names(), [erasingName(ref)]);
    assert.deepEqual(world.rows.records().map(({ attributes }) => attributes.type), [
      "image.ready",
      "image.erased",
    ]);
  });

  test("a dead letter leaves a failed manifest", async () => {
    const { world, push } = fixture();
    const { objectName } = await world.upload(sampleRef());
    assert.equal((await push(objectName, {}, "/events/dead")).status, 204);
    assert.equal(world.rows.rows()[0]?.status, "failed");
  });

  test("events that are not ours are acknowledged and touch nothing", async () => {
    const { world, push, events } = fixture();
    const others: [string, Record<string, string>][] = [
      [rawName(sampleRef()), { eventType: "OBJECT_DELETE" }],
      [rawName(sampleRef()), { bucketId: "another-bucket" }],
      ["not/one/of/ours.txt", {}],
      [rawName(sampleRef()), {}],
    ];
    for (const other of others) assert.equal((await push(...other)).status, 204);
    const outcomes = events().map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ["ignored", "ignored", "ignored", "gone"]);
    assert.deepEqual(world.processed.names(), []);
  });

  const forged = async (claims: Record<string, unknown>) =>
    await issuer.sign({ aud: AUDIENCE + EVENTS, ...claims });
  const base64 = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
  const secondsAhead = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;
  const strangers: readonly (readonly [
    what: string,
    status: 401 | 403,
    token: () => string | undefined | Promise<string>,
  ])[] = [
    ["no token", 401, () => undefined],
    ["something that is no token", 401, () => "a.b.c"],
    ["a token of a forged key", 401, async () => {
      const { privateKey } = await generateKeyPair("RS256");
      return await issuer.sign({ aud: AUDIENCE + EVENTS }, privateKey);
    }],
    ["a token that has ended", 401, () => forged({ exp: secondsAhead(-60) })],
    ["a token for another path", 401, () => pushToken("/events/dead")],
    ["a token of another issuer", 401, () => forged({ iss: "https://evil.example" })],
    ["a token of another account", 403, () => forged({ email: SCHEDULER_ACCOUNT })],
    ["a token whose e-mail is not verified", 403, () => forged({ email_verified: false })],
    ["a token without a signature", 401, () => {
      const claims = { aud: AUDIENCE + EVENTS, email: PUSH_ACCOUNT, email_verified: true };
      return `${base64({ alg: "none" })}.${base64({ ...claims, exp: secondsAhead(600) })}.`;
    }],
    ["a token of the wrong algorithm", 401, async () => {
      const [, claims] = (await pushToken()).split(".");
      return `${base64({ alg: "HS256", kid: "test-key" })}.${claims}.c2lnbmF0dXJl`;
    }],
  ];
  for (const [what, status, make] of strangers) {
    test(`a push with ${what} is refused and nothing is done`, async () => {
      const { app, world, lines } = fixture();
      const { objectName } = await world.upload(sampleRef());
      const token = await make();
      const answer = await post(app, EVENTS, { token, body: pushBody(objectName) });
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.equal((await answer.json()).code, status === 401 ? "unauthenticated" : "forbidden");
      assert.deepEqual(world.processed.names(), []);
      assert.ok(token === undefined || !lines.join().includes(token));
    });
  }

  const unreadable: Record<string, string> = {
    "is not JSON": "{",
    "has no message": JSON.stringify({ subscription: "x" }),
    "has no notification": JSON.stringify({
      message: { data: "", messageId: "1", publishTime: new Date().toISOString() },
      subscription: "x",
    }),
    "is larger than 1 MiB": " ".repeat(1024 * 1024 + 1),
  };
  for (const [what, body] of Object.entries(unreadable)) {
    test(`a signed push that ${what} is reported and acknowledged, an unsigned one refused`, async () => {
      const { app, events } = fixture();
      assert.equal((await post(app, EVENTS, { token: await pushToken(), body })).status, 204);
      assert.equal(events()[0].event, "push_unreadable");
      assert.equal((await post(app, EVENTS, { body })).status, 401);
    });
  }

  const failing = (error: Error) =>
    fixture({
      raw: {
        before() {
          throw error;
        },
      },
    });

  test("a push is to come again while a store is away", async () => {
    const away = new AppError("unavailable", "Cannot look at object as it answered 503");
    const { push, events } = failing(away);
    assert.equal((await push(rawName(sampleRef()))).status, 503);
    assert.deepEqual([events()[0].event, events()[0].error], ["delivery_failed", "unavailable"]);
  });

  test("a push is to come again after a mistake of ours, whose message stays out of the log", async () => {
    const { push, lines } = failing(new Error("https://secret.example/upload_id=1"));
    assert.equal((await push(rawName(sampleRef()))).status, 503);
    assert.ok(!lines.join().includes("secret"));
  });

  describe("while a tenant holds every slot", () => {
    const SLOW = "/events/slow";

    /** An app whose one slot an image holds until `free`; another one of its tenant waits, which is all that may. */
    async function busy(publish: SlowLanes["publish"] = async () => undefined) {
      const place = Promise.withResolvers<void>();
      const engine = { before: () => place.promise };
      const queue = new FairQueue({ slots: 1, room: 4, clock: Date, maxWaitMs: 5_000 });
      const sent: Lane[] = [];
      const lanes: SlowLanes = {
        async publish(lane, { data, attributes }, options) {
          sent.push({ lane, data, attributes });
          await publish(lane, { data, attributes }, options);
        },
      };
      const made = fixture({ engine, queue, lanes });
      const reaches = async (size: number) => {
        while (queue.size < size) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      const held: Promise<Response>[] = [];
      for (const size of [1, 2]) {
        held.push(made.push((await made.world.upload(sampleRef())).objectName));
        await reaches(size);
      }
      const free = async () => {
        place.resolve();
        for (const { status } of await Promise.all(held)) assert.equal(status, 204);
      };
      return { ...made, sent, reaches, free };
    }

    test("its next event is in its slow lane, as it came, when it is acknowledged", async () => {
      const { world, push, sent, reaches, free, events } = await busy();
      const ref = sampleRef();
      await world.upload(ref);
      const eventTime = "2026-03-14T12:00:00.000Z";
      assert.equal((await push(rawName(ref), { eventTime })).status, 204);
      const { message } = pushBody(rawName(ref), { eventTime });
      const [one] = sent;
      assert.deepEqual([sent.length, one?.lane], [1, slowLaneOf(ref.tenant)]);
      assert.deepEqual(one?.attributes, message.attributes);
      assert.equal(btoa(String.fromCharCode(...one?.data ?? [])), message.data);
      const [line] = events();
      assert.deepEqual([line.event, line.imageId, line.lane], [
        "delivery_diverted",
        ref.imageId,
        slowLaneOf(ref.tenant),
      ]);
      const slow = push(rawName(ref), {}, SLOW);
      await reaches(3);
      assert.equal((await push(rawName(ref), {}, SLOW)).status, 429, "its lane's room is full");
      assert.equal(sent.length, 1, "never published again");
      await free();
      assert.equal((await slow).status, 204);
      assert.equal(world.rows.rows().length, 3);
    });

    test("its event comes again where the lane does not take it", async () => {
      const away = new AppError("unavailable", "Cannot publish");
      const { world, push, free } = await busy(() => Promise.reject(away));
      const { objectName } = await world.upload(sampleRef());
      assert.equal((await push(objectName)).status, 503);
      await free();
    });

    test("its erasures and dead letters are done at once", async () => {
      const { world, push, free, sent } = await busy();
      const [erased, failed] = [sampleRef(), sampleRef()];
      for (const ref of [erased, failed]) await world.upload(ref);
      await world.requestErasure(erased);
      assert.equal((await push(rawName(erased), { bucketId: "tintype-erasures" })).status, 204);
      assert.equal((await push(rawName(failed), {}, "/events/dead")).status, 204);
      assert.deepEqual(world.rows.rows().map(({ status }) => status), ["erased", "failed"]);
      assert.deepEqual(sent, []);
      await free();
    });
  });

  test("a token cannot be checked while its issuer is away: the call is to come again", async () => {
    const { push } = fixture({ keysUrl: new URL("http://127.0.0.1:9/") });
    assert.equal((await push(rawName(sampleRef()))).status, 503);
  });

  test("keys are fetched once for many calls", async () => {
    const { push } = fixture();
    const before = issuer.fetches();
    await Promise.all(Array.from({ length: 5 }, () => push(rawName(sampleRef()))));
    assert.equal(issuer.fetches() - before, 1);
  });

  test("GET /healthz is 503 until the pixel processes are warm", async () => {
    let isReady = false;
    const { app } = fixture({ isReady: () => isReady });
    assert.equal((await app.request("/healthz")).status, 503);
    isReady = true;
    assert.equal((await app.request("/healthz")).status, 200);
  });

  test("every other path is a problem of 404", async () => {
    const answer = await fixture().app.request("/");
    assert.equal(answer.status, 404);
    assert.equal((await answer.json()).code, "not_found");
  });
});
