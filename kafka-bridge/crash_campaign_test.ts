/** Every crash point of a record's way, under load, on a real broker; `CRASH_ROUNDS` and `CRASH_RECORDS` make it longer. */
import process from "node:process";
import { crashEverywhere } from "./testing/crash_campaign.ts";
import { describeOnKafka } from "./testing/describe_on_kafka.ts";

describeOnKafka("the bridge that is killed", {
  async "killed at every point of a record's way it loses and doubles nothing"(cloud, topics) {
    await crashEverywhere(cloud, topics, {
      rounds: Number(process.env["CRASH_ROUNDS"] ?? 1),
      records: Number(process.env["CRASH_RECORDS"] ?? 1_200),
    });
  },
});
