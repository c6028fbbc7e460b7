import * as z from "zod";

/** The faults that can be asked for of a topic's deliveries; forgotten at a restart. */
export const pushSettingsSchema = z.strictObject({
  /** How often each message is delivered beside once, under other message ids. */
  duplicate: z.int().min(0).max(100),
  /** Whether pushes and rows are held back. */
  hold: z.boolean(),
  /** Whether messages go out in random order, each up to a second late. */
  shuffle: z.boolean(),
  /** How many of the next messages are still to be lost on purpose. */
  drop: z.int().min(0).max(1_000_000),
  /** Refusals after which a message is a dead letter; null where the subscription's own number holds. */
  maxAttempts: z.int().min(1).max(100).nullable(),
});

/** The faults of a topic. */
export type PushSettings = Readonly<z.infer<typeof pushSettingsSchema>>;

const NO_FAULTS: PushSettings = {
  duplicate: 0,
  hold: false,
  shuffle: false,
  drop: 0,
  maxAttempts: null,
};

/** The faults of each topic, which its dead-letter topic (the same name with `-dead`) shares. */
export class FaultSettings {
  readonly #byTopic = new Map<string, PushSettings>();

  of(topic: string): PushSettings {
    return this.#byTopic.get(scopeOf(topic)) ?? NO_FAULTS;
  }

  /** Changes what is named and leaves the rest. */
  change(topic: string, change: Partial<PushSettings>): void {
    this.#byTopic.set(scopeOf(topic), { ...this.of(topic), ...change });
  }
}

function scopeOf(topic: string): string {
  return topic.replace(/-dead$/, "");
}
