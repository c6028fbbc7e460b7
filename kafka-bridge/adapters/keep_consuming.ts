import type { Consumer } from "kafkajs";
import { causesOf } from "./causes_of.ts";

/** How a consumer is started, and who hears of its failures. */
interface KeepConsumingOptions {
  /** Connects, subscribes and runs the consumer; called again after each failure that may pass. */
  readonly start: () => Promise<void>;
  /** Called when the consumer failed and is started again a moment later. */
  readonly onRestart: (error: Error) => void;
  /** Called when the consumer failed for good. */
  readonly onCrash: (error: Error) => void;
}

const RESTART_DELAY_MS = 1_000;

/** What the library calls final although another broker has it, or the same one a moment later. */
const PASSING: ReadonlySet<string> = new Set([
  "KafkaJSGroupCoordinatorNotFound",
  "KafkaJSLockTimeout",
]);

/** Starts a consumer, and starts it again whenever it fails for something that may pass. Returns how to stop that. */
export function keepConsuming(consumer: Consumer, options: KeepConsumingOptions): () => void {
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = () => void options.start().catch(onFailure);
  const onFailure = (error: Error) => {
    if (isStopped) return;
    if (isFinal(error)) return options.onCrash(error);
    options.onRestart(error);
    timer = setTimeout(start, RESTART_DELAY_MS);
  };
  consumer.on("consumer.crash", ({ payload }) => onFailure(payload.error));
  start();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

/** Whether a consumer that is started again would fail again: for its rights or its configuration. */
export function isFinal(error: Error): boolean {
  const first = causesOf(error).at(-1) ?? error;
  return "retriable" in first && first.retriable === false && !PASSING.has(first.name);
}
