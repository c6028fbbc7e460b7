import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** The dispatcher's Prometheus metrics; labels are words of closed lists, never an id. */
export type WebhookMetrics = ReturnType<typeof createWebhookMetrics>;

const AGE_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3_600, 86_400];

/** Makes the metrics; `underWay` is asked at each scrape. */
export function createWebhookMetrics(underWay: () => number) {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "tintype_webhooks_under_way",
    help: "Webhooks that hold a slot or wait for one",
    collect() {
      this.set(underWay());
    },
    registers,
  });
  const pushes = new Counter({
    name: "tintype_webhooks_pushes_total",
    help: "Pushes of webhooks by what came of them; diverted and delayed ones come again",
    labelNames: ["outcome"],
    registers,
  });
  const published = new Counter({
    name: "tintype_webhooks_published_total",
    help: "Webhooks that records became",
    registers,
  });
  const ages = new Histogram({
    name: "tintype_webhooks_age_seconds",
    help: "Seconds from a webhook's publishing to its delivery",
    buckets: AGE_BUCKETS_S,
    registers,
  });
  return {
    /** What `/metrics` returns. */
    text: () => registry.metrics(),
    contentType: registry.contentType,
    published: (count: number) => published.inc(count),
    handled: (outcome: string) => pushes.inc({ outcome }),
    delivered: (ageMs: number) => ages.observe(ageMs / 1_000),
  };
}
