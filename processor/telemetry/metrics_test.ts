import { rawName } from "@tintype/core/model/object_name";
import { sampleRef } from "@tintype/core/testing/sample_row";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  AUDIENCE,
  createFixture,
  post,
  PUSH_ACCOUNT,
  pushBody,
  putRaw,
  SCHEDULER_ACCOUNT,
  startIssuer,
} from "../_app_fixture.ts";

describe("GET /metrics", () => {
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  before(async () => {
    issuer = await startIssuer();
  });
  after(() => issuer.stop());

  test("counts deliveries by outcome, stages and jobs, and names no image", async () => {
    const fixture = createFixture({ keysUrl: issuer.url });
    const ref = sampleRef();
    await putRaw(fixture.raw, ref);
    const push = async () => {
      const token = await issuer.sign({ aud: `${AUDIENCE}/events/storage`, email: PUSH_ACCOUNT });
      return await post(fixture.app, "/events/storage", { token, body: pushBody(rawName(ref)) });
    };
    assert.deepEqual([(await push()).status, (await push()).status], [204, 204]);
    const token = await issuer.sign({
      aud: `${AUDIENCE}/jobs/retention`,
      email: SCHEDULER_ACCOUNT,
    });
    assert.equal((await post(fixture.app, "/jobs/retention", { token })).status, 200);

    const answer = await fixture.app.request("/metrics");
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    for (
      const line of [
        'tintype_processor_deliveries_total{outcome="ready"} 1',
        'tintype_processor_deliveries_total{outcome="already"} 1',
        'tintype_processor_stage_seconds_count{stage="decode"} 1',
        'tintype_processor_jobs_total{job="retention",outcome="done"} 1',
        "tintype_processor_overdue_items 0",
        "tintype_processor_deliveries_under_way 0",
      ]
    ) assert.ok(text.includes(`${line}\n`), `${line} is in\n${text}`);
    for (const secret of [ref.imageId, ref.owner, ref.tenant]) assert.ok(!text.includes(secret));
  });
});
