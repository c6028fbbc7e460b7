import type { Consumer } from "kafkajs";

/** How a member of a group is watched. */
interface WatchMembershipOptions {
  readonly sessionTimeoutMs: number;
  /** Called when the group begins to move on. */
  readonly onRebalancing: () => void;
  /** Called when the group has moved on, or the consumer has ended. */
  readonly onMoved: () => void;
}

/**
 * Thrown into a fetch when the coordinator has not answered for half of the session timeout. By its type the library looks
 * for another coordinator and joins again under the same membership. Without it, the library does so only when the old
 * coordinator answers that it is none, which a dead one never does. A consumer that is started again would find another,
 * too, but as a new member, which waits until the session of the former one ends.
 */
class CoordinatorLost extends Error {
  readonly type = "NOT_COORDINATOR_FOR_GROUP";
}

/** Watches what a consumer hears of its group's coordinator, and lets it look for another one where it hears nothing. */
export function watchMembership(consumer: Consumer, options: WatchMembershipOptions) {
  const { sessionTimeoutMs, onRebalancing, onMoved } = options;
  const joined = Promise.withResolvers<void>();
  let heardAtMs: number | undefined;
  const hear = () => heardAtMs = performance.now();
  const lose = () => heardAtMs = undefined;
  const isHeard = (withinMs: number) =>
    heardAtMs !== undefined && performance.now() - heardAtMs <= withinMs;
  consumer.on("consumer.group_join", () => {
    onMoved();
    hear();
    joined.resolve();
  });
  consumer.on("consumer.heartbeat", hear);
  // A fetch begins behind the heartbeat that was due.
  consumer.on("consumer.fetch_start", () => {
    if (!isHeard(sessionTimeoutMs / 2)) {
      throw new CoordinatorLost("The coordinator does not answer");
    }
  });
  consumer.on("consumer.rebalancing", () => {
    lose();
    onRebalancing();
  });
  for (const event of ["consumer.stop", "consumer.crash"] as const) {
    consumer.on(event, () => {
      lose();
      onMoved();
    });
  }
  return {
    /** Resolves when it has joined for the first time. */
    joined: joined.promise,
    /** Whether the group has heard of it within the session timeout. */
    isMember: () => isHeard(sessionTimeoutMs),
  };
}
