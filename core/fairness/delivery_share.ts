import type { FairShareOptions } from "./fair_share.ts";

/** What an instance is made of, and how many there may be. */
export interface Instances {
  readonly pixelProcesses: number;
  readonly maxInstances: number;
}

/** Deliveries for each pixel process: one is in its pixels while the others wait for the network. */
const SLOTS_PER_PROCESS = 3;
/** Fewer would leave a tenant that is alone, for whom one is not, less than 85 %. */
const LEAST_SLOTS = 8;
const ROOM_PER_SLOT = 10;
/**
 * Pub/Sub has 3,000 pushes of a subscription under way at most while they take longer than a second
 * (https://cloud.google.com/pubsub/docs/push#push_delivery_rate): one tenant must not wait in half of them.
 */
const MAX_WAITING_OF_TENANT = 1_500;

/** The longest that a delivery waits in its request: then it goes to its slow lane, or back where it came from one. */
export const MAX_WAIT_MS = 60_000;

/** What an instance of the processor shares among tenants; its `slots + room` is the concurrency of Cloud Run. */
export function deliveryShareOf(
  { pixelProcesses, maxInstances }: Instances,
): Omit<FairShareOptions, "clock"> {
  const slots = Math.max(LEAST_SLOTS, SLOTS_PER_PROCESS * pixelProcesses);
  const roomOfKey = Math.floor(MAX_WAITING_OF_TENANT / maxInstances);
  return { slots, room: ROOM_PER_SLOT * slots, roomOfKey };
}

/**
 * What an instance of the webhook dispatcher shares among endpoints: each holds a quarter of the slots at most, so that one
 * which hangs leaves the others theirs. Its `slots + room` is the concurrency of Cloud Run.
 */
export const webhookShare: Omit<FairShareOptions, "clock"> = {
  slots: 64,
  room: 576,
  busyOf: () => 0,
};
