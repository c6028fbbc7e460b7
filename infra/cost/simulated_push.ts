import { slowLaneOf } from "@tintype/core/fairness/slow_lane";
import type { Delivery } from "./simulated_instance.ts";
import type { Timeline } from "./timeline.ts";

/** An image whose event waits in Pub/Sub. */
export interface Message extends Omit<Delivery, "end" | "isSlow"> {
  readonly onReady: () => void;
}

/** A subscription: its messages, and how many pushes may be under way. */
interface Subscription {
  readonly isSlow: boolean;
  readonly queued: Message[];
  first: number;
  window: number;
  underWay: number;
  /** Refusals of each message. */
  readonly refused: Map<Message, number>;
}

/** Pushes of a subscription under way at most, while they take longer than a second. */
const MAX_WINDOW = 3_000;
/** Of a subscription that had none yet. */
export const FIRST_WINDOW = 4;
const BACKOFF_S = { least: 10, most: 600 };

/**
 * Pub/Sub: the subscription of events and those of the slow lanes. Each acknowledgement widens a subscription's window by
 * one, each refusal halves it and sends its message back for 10 to 600 s.
 */
export class SimulatedPush {
  readonly #timeline: Timeline;
  readonly #send: (delivery: Delivery) => void;
  readonly #events: Subscription;
  readonly #lanes = new Map<number, Subscription>();
  /** Messages that wait for a push. */
  queued = 0;

  constructor(timeline: Timeline, window: number, send: (delivery: Delivery) => void) {
    this.#events = newSubscription(false, window);
    this.#timeline = timeline;
    this.#send = send;
  }

  publish(message: Message): void {
    this.#enqueue(this.#events, message);
  }

  #enqueue(subscription: Subscription, message: Message): void {
    this.queued++;
    subscription.queued.push(message);
    this.#pump(subscription);
  }

  #pump(subscription: Subscription): void {
    while (subscription.underWay < subscription.window) {
      const message = subscription.queued[subscription.first];
      if (message === undefined) return;
      if (++subscription.first > 4_096) {
        subscription.queued.splice(0, subscription.first);
        subscription.first = 0;
      }
      this.queued--;
      subscription.underWay++;
      this.#push(subscription, message);
    }
  }

  #push(subscription: Subscription, message: Message): void {
    const { key, cpuS, onReady } = message;
    const { isSlow } = subscription;
    const end = (outcome: "ready" | "divert" | "refuse") => {
      subscription.underWay--;
      if (outcome === "refuse") this.#refused(subscription, message);
      else subscription.window = Math.min(MAX_WINDOW, subscription.window + 1);
      if (outcome === "ready") onReady();
      if (outcome === "divert") this.#enqueue(this.#laneOf(key), message);
      this.#timeline.after(0, () => this.#pump(subscription));
    };
    this.#send({ key, cpuS, isSlow, end });
  }

  #laneOf(key: string): Subscription {
    const lane = slowLaneOf(key);
    const subscription = this.#lanes.get(lane) ?? newSubscription(true, FIRST_WINDOW);
    this.#lanes.set(lane, subscription);
    return subscription;
  }

  #refused(subscription: Subscription, message: Message): void {
    subscription.window = Math.max(1, subscription.window >> 1);
    const before = subscription.refused.get(message) ?? 0;
    subscription.refused.set(message, before + 1);
    const waitS = Math.min(BACKOFF_S.most, BACKOFF_S.least * 2 ** before);
    this.#timeline.after(waitS, () => this.#enqueue(subscription, message));
  }
}

function newSubscription(isSlow: boolean, window: number): Subscription {
  return { isSlow, queued: [], first: 0, window, underWay: 0, refused: new Map() };
}
