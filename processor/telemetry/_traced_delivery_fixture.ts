/** One delivery over memory, with the ports traced as in `main.ts`: a program for the test of the exporter. */
import { processImage } from "@tintype/core/processing/process_image";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { TestWorld } from "@tintype/core/testing/test_world";
import { traceDelivery } from "./delivery_trace.ts";
import { traced } from "./traced.ts";

const world = new TestWorld({ nowMs: Date.now() });
const ref = sampleRef();
const delivery = await world.upload(ref);
const ports = {
  ...world.ports,
  raw: traced("raw", world.raw),
  processed: traced("processed", world.processed),
  records: traced("records", world.rows),
  pixels: traced("pixels", world.engine),
};
const facts = {
  ref,
  messageId: "m-1",
  attempt: 1,
  publishTime: new Date(),
  timeCreated: new Date(),
  metadata: { source: "edge", traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` },
};
await traceDelivery(facts, async (span) => span.ended(await processImage(ports, delivery), 0));
