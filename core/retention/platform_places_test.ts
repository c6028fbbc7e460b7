import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { verify } from "../testing/sample_certificate.ts";
import { TestWorld } from "../testing/test_world.ts";
import { auditStores } from "./audit_stores.ts";
import { BESIDE_PLACES } from "./configured_places.ts";
import { SETTING_RULES } from "./platform_places.ts";
import { sweepExpired } from "./sweep_expired.ts";

const audit = async ({ ports, certificates, rows }: TestWorld) =>
  await auditStores({ ...ports, certificates, rows, verify });

test("the audit and the certificate find each setting beyond its bound, and each that is not set", async () => {
  for (const [name, [place, relation, bound]] of Object.entries(SETTING_RULES)) {
    for (const value of [bound + 1, undefined, ...relation === "exactly" ? [bound - 1] : []]) {
      const world = new TestWorld();
      world.platform.settings = world.platform.settings.map((each) =>
        each.name === name ? { ...each, value } : each
      );
      const { findings } = await audit(world);
      const end = `is ${value ?? "not set"} instead of ${relation} ${bound}`;
      assert.deepEqual(findings.map(({ code }) => code), ["unbounded"]);
      assert.ok(findings[0]?.text.startsWith(place.replaceAll("_", " ")), findings[0]?.text);
      assert.ok(findings[0]?.text.endsWith(end), findings[0]?.text);
      const { places } = await sweepExpired(world.ports);
      const overdue = places.filter(({ overdue }) => overdue > 0);
      // What lies beside Tintype is the audit's to look for.
      const isBeside = BESIDE_PLACES.some((each) => each.place === place);
      assert.deepEqual(overdue.map(({ place }) => place), isBeside ? [] : [place]);
      assert.ok(overdue.every(({ bound: said }) => said.endsWith(end)));
    }
  }
});

test("a certificate stays configured where settings cannot be read, and says why; an audit throws", async () => {
  const world = new TestWorld();
  const { read } = world.platform;
  const denied = new AppError("internal", "Cannot read the settings: it responded with 403");
  world.platform.read = (group, call) =>
    group === "logs" ? Promise.reject(denied) : read(group, call);
  const { places } = await sweepExpired(world.ports);
  const configured = places.filter(({ evidence }) => evidence === "configured");
  const names = ["unfinished_sessions", "kafka_topics", "logs"];
  assert.deepEqual(configured.map(({ place }) => place), names);
  assert.match(configured.at(-1)?.bound ?? "", /\(not observed: Cannot read .* 403\)$/);
  await assert.rejects(audit(world), {
    code: "unavailable",
    message: /^Cannot audit logs: .* 403$/,
  });
});

test("an audit passes where it may not read what lies beside Tintype, and says why it was not observed", async () => {
  const world = new TestWorld();
  const { read } = world.platform;
  const beside = new Set(["insights", "enrichments", "transfers", "sinks", "ancestors"]);
  const denied = new AppError("internal", "Cannot read settings: it responded with 403");
  world.platform.read = (group, call) =>
    beside.has(group) ? Promise.reject(denied) : read(group, call);
  const { findings, places } = await audit(world);
  assert.deepEqual(findings, []);
  const unread = places.slice(-BESIDE_PLACES.length);
  assert.deepEqual(
    unread.map(({ place, evidence }) => [place, evidence]),
    BESIDE_PLACES.map(({ place }) => [place, "configured"]),
  );
  for (const { bound } of unread) assert.match(bound, /\(not observed: Cannot read .* 403\)$/);
});
