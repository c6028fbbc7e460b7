import { KAFKA_FILE, serializeKafkaObservation } from "@tintype/core/model/kafka_observation";
import { replaceObject, statObject } from "@tintype/gcs/json_objects";
import type { Observations } from "../ports.ts";
import { bucketOf, type GcsConfigReaderOptions } from "./gcs_config_reader.ts";

/** Writes `kafka.json` of the configuration bucket, the one name that the bridge may write there. Throws StorageError. */
export function gcsObservations(options: GcsConfigReaderOptions): Observations {
  const bucket = bucketOf(options);
  return {
    async put(observation) {
      const held = await statObject(bucket, KAFKA_FILE);
      await replaceObject(bucket, KAFKA_FILE, serializeKafkaObservation(observation), {
        contentType: "application/json",
        customTimeMs: Date.parse(observation.observedAt),
        ifGeneration: held?.generation ?? "0",
      });
    },
  };
}
