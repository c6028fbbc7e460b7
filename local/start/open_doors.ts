import { UsageError } from "@tintype/cli/usage_error";
import {
  isKafkaThere,
  KAFKA_CACHE_DIR,
  KAFKA_VERSION,
  missingForKafka,
} from "../kafka/install_kafka.ts";
import type { Door, StartOptions } from "./options.ts";

/** Which doors open, and by which broker the Kafka one does. */
export interface OpenDoors {
  readonly doors: readonly Door[];
  /** A broker of the user's own; undefined for the local one. */
  readonly brokers: string | undefined;
  /** What people should know of it, in a line: why a door stays shut, or takes its time. */
  readonly note?: string;
}

/** Decides which doors can open here. Throws UsageError where one was asked for that cannot. */
export async function openDoors(
  { doors, doorsAsked }: Pick<StartOptions, "doors" | "doorsAsked">,
  brokers: string | undefined,
): Promise<OpenDoors> {
  if (!doors.includes("kafka") || brokers !== undefined) return { doors, brokers };
  const missing = await missingForKafka(KAFKA_CACHE_DIR);
  if (missing === undefined) {
    if (isKafkaThere(KAFKA_CACHE_DIR)) return { doors, brokers };
    return {
      doors,
      brokers,
      note: `Fetching Apache Kafka ${KAFKA_VERSION} with Maven, once (43 MB)`,
    };
  }
  if (doorsAsked) throw new UsageError(`Cannot open the Kafka door: ${missing}`);
  return { doors: ["edge"], brokers, note: `The Kafka door stays shut: ${missing}` };
}
