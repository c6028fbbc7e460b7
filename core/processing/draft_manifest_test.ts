import assert from "node:assert/strict";
import { test } from "node:test";
import { rawName } from "../model/object_name.ts";
import { manifestSchema } from "../model/manifest.ts";
import { DEFAULT_PLAN } from "../model/tenant_plan.ts";
import type { ObjectFacts } from "../ports/object_store.ts";
import { sampleHeader } from "../testing/sample_header.ts";
import { SAMPLE_INSIGHTS } from "../testing/sample_manifest.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { ManualClock, NOON_MS } from "../testing/test_world.ts";
import { ManifestDraft } from "./draft_manifest.ts";

const ref = sampleRef(NOON_MS);
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLERS = { ref: "invoice-7", origin: "images/3/41" };
const object: ObjectFacts = {
  ...{ name: rawName(ref), generation: "42", size: 69, contentType: "image/png" },
  ...{ customTimeMs: NOON_MS, createdMs: NOON_MS, crc32c: undefined, metadata: {} },
};

function setUp(createdMs: number = NOON_MS) {
  const clock = new ManualClock(NOON_MS + 250);
  const traceparent = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
  const declaration = { source: "kafka", traceparent, ...CALLERS } as const;
  const raw = { ref, object: { ...object, createdMs }, declaration, plan: DEFAULT_PLAN };
  const draft = new ManifestDraft({ clock, processorVersion: "1.2.3" }, raw, 3);
  return { clock, draft };
}

test("ManifestDraft begins with the raw object, and ready() ends with the times", () => {
  const { clock, draft } = setUp();
  clock.nowMs += 40;
  const manifest = draft.ready();
  const { imageId, tenant, owner } = ref;
  assert.deepEqual(manifest, {
    ...{ version: 1, imageId, tenant, owner, source: "kafka", status: "ready", generation: "42" },
    ...{ bytes: 69, renditions: [], timings: { queueMs: 250, totalMs: 40 }, engine: "none" },
    ...{ processorVersion: "1.2.3", traceId: TRACE_ID, ...CALLERS, attempt: 3 },
    processedAt: new Date(NOON_MS + 290).toISOString(),
  });
  assert.deepEqual(manifestSchema.parse(manifest), manifest);
});

test("times are never negative although the clocks of store and processor differ", () => {
  const { clock, draft } = setUp(NOON_MS + 9000);
  clock.nowMs -= 5000;
  assert.deepEqual(draft.ready().timings, { queueMs: 0, totalMs: 0 });
});

test("what XMP knows of place and time is added to what EXIF knows", () => {
  const atSeven = { hasGps: true, capturedHour: 7 };
  const atEight = { hasGps: false, capturedHour: 8 };
  const canon = { make: "canon", hasGps: true };
  const cases = [
    [atSeven, undefined, atSeven],
    [atSeven, atEight, { ...atEight, hasGps: true }],
    [{ ...atSeven, hasGps: false }, canon, { ...canon, capturedHour: 7 }],
    [{ hasGps: false }, canon, canon],
    [{ hasGps: false }, undefined, undefined],
  ] as const;
  for (const [xmp, camera, expected] of cases) {
    const { draft } = setUp();
    const color = { by: "code_points", primaries: "bt2020", transfer: "pq" } as const;
    draft.addHeader({
      mediaType: "image/png",
      header: sampleHeader({ color }),
      exif: undefined,
      iccBytes: 0,
      codedPixels: 1,
      origins: { provenance: "present", isAiGenerated: true, ...xmp },
    });
    const rendered = {
      renditions: [],
      insights: SAMPLE_INSIGHTS,
      custom: {},
      extra: { motif: ["cat"] },
      ownMs: {},
      timings: {},
    };
    draft.addRendered({ ...rendered, camera, engine: "fake" });
    const manifest = draft.ready();
    assert.deepEqual(manifest.metadata?.camera, expected);
    assert.deepEqual(manifestSchema.parse(manifest), manifest);
    const { primaries, transfer, isHdr, provenance, isAiGenerated } = manifest.metadata ?? {};
    const { megapixels } = manifest.metadata ?? {};
    const seen = [primaries, transfer, isHdr, provenance, isAiGenerated, megapixels];
    assert.deepEqual(seen, ["bt2020", "pq", true, "present", true, 12]);
  }
});

test("rejected() gives the reason and a detail that its schema takes, failed() is ours and not final", () => {
  const rejected = setUp().draft.rejected("corrupt", "x".repeat(999));
  const { status, reason, detail } = rejected;
  assert.deepEqual([status, reason, detail?.length], ["rejected", "corrupt", 300]);
  const failed = setUp().draft.failed();
  assert.deepEqual([failed.status, failed.reason], ["failed", "dead_lettered"]);
  for (const manifest of [rejected, failed]) {
    assert.deepEqual(manifestSchema.parse(manifest), manifest);
  }
});
