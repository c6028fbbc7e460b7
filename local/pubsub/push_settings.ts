/** The faults that can be asked for; forgotten at a restart. */
export interface PushSettings {
  /** How often each event is delivered beside once, under other message ids. */
  readonly duplicate: number;
  /** Whether deliveries are kept back. */
  readonly hold: boolean;
  /** Whether events go out in random order, each up to a second late. */
  readonly shuffle: boolean;
  /** How many of the next events are still to be lost on purpose. */
  readonly drop: number;
  /** Refusals after which an event is a dead letter; null where the policy's 15 hold. */
  readonly maxAttempts: number | null;
}

/** No fault at all. */
export const NO_FAULTS: PushSettings = {
  duplicate: 0,
  hold: false,
  shuffle: false,
  drop: 0,
  maxAttempts: null,
};
