import { expectedRights } from "@tintype/processor/audit/rights/expected_rights";
import assert from "node:assert/strict";
import { test } from "node:test";
import production from "./expected/production.json" with { type: "json" };

const PEOPLE = ["analysts", "tenant_analysts", "auditors", "operators", "recoverers"];
const RIGHTS = expectedRights({
  projectId: "p",
  projectNumber: "1",
  prefix: "tintype",
  people: Object.fromEntries(PEOPLE.map((who) => [who, [`group:${who}@example.com`]])),
  parts: ["bridge"],
  views: ["refusals"],
});
const AGENT_PUBSUB = "serviceAccount:service-1@gcp-sa-pubsub.";
/** Secrets that production, whose cluster has public certificates, lacks. */
const ABSENT = /open on kafka-(ca|cert|key)$/;
/** What the inventory names by its resource: grants on accounts, and what Google's own accounts need beside the table. */
const isNamedByResource = (text: string) =>
  /google_|iam\.serviceAccount\w+ on account-| on (dataset|shared|terraform)$/.test(text);

const texts = RIGHTS.filter(({ member }) => !member.includes("gs-project-accounts")).map(
  (right) => {
    const { member, role, place } = right;
    const who = member.startsWith(AGENT_PUBSUB)
      ? "pubsub"
      : /:(?:tintype-)?([a-z_]+)@/.exec(member)?.[1];
    return `${who}: ${role} on ${place.replace(/^views .*/, "views")}`;
  },
);

test("audit --rights expects what Terraform plans for production", () => {
  assert.deepEqual(
    texts.filter((text) => !ABSENT.test(text) && !isNamedByResource(text)).toSorted(),
    production.grants.filter((text) => !isNamedByResource(text)).toSorted(),
  );
});
