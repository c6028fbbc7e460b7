/** A person with an owner on each of three days, by two pseudonym keys. */
import assert from "node:assert/strict";
import { DAYS_FILE, type DaySalt, serializeDaySalts } from "../model/day_salts.ts";
import { deriveOwner, parsePseudonymKeys } from "../model/owner.ts";
import { DAY_MS, dayOf } from "../model/utc_day.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";

const DAYS = [0, 1, 2].map((at): DaySalt => ({
  day: dayOf(NOON_MS + at * DAY_MS),
  salt: String(at).repeat(64),
  pseudonymKey: at === 0 ? 1 : 2,
}));
const { tenant } = sampleRef();

/** How long a record stays in Kafka here, in milliseconds. */
export const KAFKA_MS = 3_600_000;

/** A world whose configuration has the days' salts, and names of images in it by subject and day. */
export async function personWorld() {
  const world = new TestWorld();
  await world.config.put(DAYS_FILE, serializeDaySalts(DAYS));
  const pseudonymKeys = await parsePseudonymKeys(
    JSON.stringify({ 1: "a".repeat(32), 2: "b".repeat(32) }),
  );
  const ports = { ...world, pseudonymKeys };
  const refOf = async (subject: string, day: number) => {
    const salt = DAYS[day] ?? assert.fail();
    const owner = await deriveOwner(pseudonymKeys, salt, { tenant, subject });
    return { ...sampleRef(NOON_MS + day * DAY_MS), owner };
  };
  return { world, refOf, ports, input: { tenant, kafkaMs: KAFKA_MS } };
}
