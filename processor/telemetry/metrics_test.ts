import { rawName } from "@tintype/core/model/object_name";
import { sampleRef } from "@tintype/core/testing/sample_row";
import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIENCE, createFixture, post, pushBody, startIssuer } from "../_app_fixture.ts";

test("GET /metrics counts deliveries by outcome and stages, and names no image", async () => {
  const issuer = await startIssuer();
  try {
    const { app, world } = createFixture({ keysUrl: issuer.url });
    const ref = sampleRef();
    await world.upload(ref);
    const token = await issuer.sign({ aud: `${AUDIENCE}/events/storage` });
    const push = () => post(app, "/events/storage", { token, body: pushBody(rawName(ref)) });
    assert.deepEqual([(await push()).status, (await push()).status], [204, 204]);

    const answer = await app.request("/metrics");
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    for (
      const line of [
        'tintype_processor_deliveries_total{outcome="ready"} 1',
        'tintype_processor_deliveries_total{outcome="already"} 1',
        'tintype_processor_stage_seconds_count{stage="decode"} 1',
        "tintype_processor_deliveries_under_way 0",
      ]
    ) assert.ok(text.includes(`${line}\n`), `${line} is in\n${text}`);
    for (const secret of [ref.imageId, ref.owner, ref.tenant]) assert.ok(!text.includes(secret));
  } finally {
    await issuer.stop();
  }
});
