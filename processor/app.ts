import type { Log } from "@tintype/core/ports/log";
import { markFailed } from "@tintype/core/processing/mark_failed";
import { processAgain } from "@tintype/core/processing/process_again";
import { processErasure } from "@tintype/core/processing/process_erasure";
import { processImage } from "@tintype/core/processing/process_image";
import type { ProcessImagePorts } from "@tintype/core/processing/process_ports";
import { MAX_ATTEMPT_MS } from "@tintype/core/processing/pixel_limits";
import type { Hono, MiddlewareHandler } from "hono";
import type { CallerVerifier } from "./adapters/oidc_verifier.ts";
import type { SlowLanes } from "./adapters/pubsub_publisher.ts";
import type { FairQueue } from "./fair_queue.ts";
import { type DeliveryWork, type DeliveryWorks, handlePush, type PushPorts } from "./push.ts";
import type { PixelProgress } from "./pixel_progress.ts";
import { rolloutWork } from "./rollout_work.ts";
import { createServerApp, pushRoute, requireCaller } from "./server_app.ts";
import type { BucketNames } from "./server_env.ts";
import type { ProcessorMetrics } from "./telemetry/metrics.ts";

/** What the processor's HTTP surface is made of. */
export interface AppOptions {
  readonly ports: ProcessImagePorts;
  readonly log: Log;
  readonly metrics: ProcessorMetrics;
  readonly queue: FairQueue;
  readonly progress: PixelProgress;
  readonly lanes: SlowLanes;
  readonly verify: CallerVerifier;
  /** Base address that tokens name as their audience, without a slash at the end. */
  readonly audience: string;
  readonly pushServiceAccount: string;
  readonly buckets: Pick<BucketNames, "raw" | "erasures">;
  /** Whether the pixel processes are warm. */
  readonly isReady: () => boolean;
  /** Aborts what is under way: the end of the process. */
  readonly signal: AbortSignal;
}

/** The processor's HTTP surface: pushes from Pub/Sub (of events, of slow lanes, of a rollout, of dead letters), health, metrics. */
export function createApp(options: AppOptions): Hono {
  const { ports, buckets, progress } = options;
  const app = createServerApp(options);
  app.use("/events/*", requireCaller(options, options.pushServiceAccount));
  const erasing: DeliveryWork = {
    slots: "none",
    run: (...call) => processErasure(ports, ...call),
  };
  for (const [path, slots] of [["storage", "tenant"], ["slow", "slow"]] as const) {
    const processing: DeliveryWork = {
      slots,
      run: ({ force, ...delivery }, call) =>
        progress.follow(ports.pixels, (pixels) => {
          const own = { ...ports, pixels };
          return force === undefined
            ? processImage(own, delivery, call)
            : processAgain(own, { ...delivery, force }, call);
        }),
    };
    const works = { [buckets.raw]: processing, [buckets.erasures]: erasing };
    app.post(`/events/${path}`, ...push(options, works));
  }
  app.post("/events/canary", ...push(options, { [buckets.raw]: rolloutWork(ports) }));
  app.post(
    "/events/dead",
    ...push(options, {
      [buckets.raw]: { slots: "none", run: (...call) => markFailed(ports, ...call) },
      // The keeper publishes the event again.
      [buckets.erasures]: { slots: "none", run: async () => ({ outcome: "ignored" }) },
    }),
  );
  return app;
}

function push(options: AppOptions, works: DeliveryWorks): [MiddlewareHandler, MiddlewareHandler] {
  const ports: PushPorts = { ...options, timeoutMs: MAX_ATTEMPT_MS };
  return pushRoute(options.log, (body) => handlePush(ports, body, works));
}
