/** The faults that can be asked for of a topic's deliveries; forgotten at a restart. */
export interface PushSettings {
  /** How often each message is delivered beside once, under other message ids. */
  readonly duplicate: number;
  /** Whether pushes and rows are held back. */
  readonly hold: boolean;
  /** Whether messages go out in random order, each up to a second late. */
  readonly shuffle: boolean;
  /** How many of the next messages are still to be lost on purpose. */
  readonly drop: number;
  /** Refusals after which a message is a dead letter; null where the subscription's own number holds. */
  readonly maxAttempts: number | null;
}

/** Settings to change; what is undefined stays. */
export type PushSettingsChange = {
  readonly [Key in keyof PushSettings]?: PushSettings[Key] | undefined;
};

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

  change(topic: string, change: PushSettingsChange): void {
    const named = Object.entries(change).filter(([, value]) => value !== undefined);
    this.#byTopic.set(scopeOf(topic), { ...this.of(topic), ...Object.fromEntries(named) });
  }
}

function scopeOf(topic: string): string {
  return topic.replace(/-dead$/, "");
}
