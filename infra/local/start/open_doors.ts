import { KAFKA_CACHE_DIR, missingForKafka } from "../kafka/install_kafka.ts";
import { type Door, type StartOptions, UsageError } from "./options.ts";

/** Which doors open, and by which broker the Kafka one does. */
export interface OpenDoors {
  readonly doors: readonly Door[];
  /** A broker of the user's own; undefined for the local one. */
  readonly brokers: string | undefined;
  /** Why a door stays shut, in a line. */
  readonly closed?: string;
}

/** Decides which doors can open here. Throws UsageError where one was asked for that cannot. */
export async function openDoors(
  { doors, doorsAsked }: Pick<StartOptions, "doors" | "doorsAsked">,
  brokers: string | undefined,
): Promise<OpenDoors> {
  if (!doors.includes("kafka") || brokers !== undefined) return { doors, brokers };
  const missing = await missingForKafka(KAFKA_CACHE_DIR);
  if (missing === undefined) return { doors, brokers };
  if (doorsAsked) throw new UsageError(`Cannot open the Kafka door: ${missing}`);
  return { doors: ["edge"], brokers, closed: `The Kafka door stays shut: ${missing}` };
}
