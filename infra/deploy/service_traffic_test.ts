import assert from "node:assert/strict";
import { test } from "node:test";
import { findService, previousRevision, servingRevision } from "./service_traffic.ts";

const metadata = { name: "p" };
const share = (name: string, percent: number) => ({ revisionName: name, percent });
const tag = (name: string) => ({ revisionName: name, tag: "previous" });

test("findService() distinguishes a service that does not exist from a call that failed", () => {
  const text = JSON.stringify([{ metadata: { name: "p-other" } }, { metadata }]);
  assert.deepEqual(findService(text, "p"), { metadata });
  assert.deepEqual([findService(text, "q"), findService("[]", "p")], [undefined, undefined]);
  for (const failed of ["", "{}", "ERROR: denied"]) {
    assert.throws(() => findService(failed, "p"), /^Error: Cannot read what gcloud printed/);
  }
});

for (
  const [what, find, status, found] of [
    ["the largest share", servingRevision, {
      latestCreatedRevisionName: "p-3",
      traffic: [share("p-3", 40), share("p-1", 30), share("p-1", 30), tag("p-3")],
    }, "p-1"],
    ["not a newest half", servingRevision, {
      latestCreatedRevisionName: "p-1",
      traffic: [share("p-1", 50), share("p-2", 50)],
    }, "p-2"],
    ["none that never served", servingRevision, { latestCreatedRevisionName: "p-1" }, undefined],
    ["none unseen", servingRevision, { latestReadyRevisionName: "p-1" }, /has no traffic$/],
    ["none unnamed", servingRevision, { traffic: [{ percent: 100 }] }, /an unnamed revision$/],
    ["the tagged one", previousRevision, {
      traffic: [tag("p-1"), share("p-1", 95), share("p-2", 5)],
    }, "p-1"],
    ["none without a tag", previousRevision, { traffic: [share("p-2", 100)] }, /--revision/],
    [
      "none that has all",
      previousRevision,
      { traffic: [tag("p-1"), share("p-1", 100)] },
      /already/,
    ],
  ] as const
) {
  test(`${find.name}() finds ${what}`, () => {
    const service = { metadata, status };
    if (found instanceof RegExp) assert.throws(() => find(service), found);
    else assert.equal(find(service), found);
  });
}
