/** One delivery over memory, with the ports traced as in `main.ts`: a program for the test of the exporter. */
import { rawName } from "@tintype/core/model/object_name";
import { parseTenantPlans } from "@tintype/core/model/tenant_plan";
import { processImage } from "@tintype/core/processing/process_image";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";
import { MemoryRowSink } from "@tintype/core/testing/memory_row_sink";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { onePixelEngine, putRaw } from "../_app_fixture.ts";
import { traceDelivery } from "./delivery_trace.ts";
import { traced } from "./traced.ts";

const raw = new MemoryObjectStore();
const ref = sampleRef();
await putRaw(raw, ref);
const ports = {
  raw: traced("raw", raw),
  processed: traced("processed", new MemoryObjectStore()),
  rows: traced("rows", new MemoryRowSink()),
  pixels: traced("pixels", onePixelEngine),
  hashing: portableHashing,
  plans: parseTenantPlans("{}"),
  policy: RETENTION_POLICY,
  clock: Date,
  processorVersion: "test",
};
const facts = {
  ref,
  messageId: "m-1",
  attempt: 1,
  publishTime: new Date(),
  timeCreated: new Date(),
  metadata: { source: "edge", traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` },
};
await traceDelivery(facts, async (span) => {
  span.ended(await processImage(ports, { objectName: rawName(ref), attempt: 1 }), 0);
});
