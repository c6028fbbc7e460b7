import assert from "node:assert/strict";
import { test } from "node:test";
import {
  findService,
  previousRevision,
  type RunService,
  servingRevision,
} from "./service_traffic.ts";

function serviceWith(status: RunService["status"]): RunService {
  return { metadata: { name: "p" }, ...status === undefined ? {} : { status } };
}

test("findService() distinguishes a service that does not exist from a call that failed", () => {
  const text = JSON.stringify([{ metadata: { name: "p-other" } }, { metadata: { name: "p" } }]);
  assert.deepEqual(findService(text, "p"), { metadata: { name: "p" } });
  assert.equal(findService(text, "q"), undefined);
  assert.equal(findService("[]", "p"), undefined);
  for (const failed of ["", "{}", "ERROR: denied"]) {
    assert.throws(() => findService(failed, "p"), /^Error: Cannot read what gcloud printed/);
  }
});

test("servingRevision() returns the revision with the largest share, whatever is newest or tagged", () => {
  const status = {
    latestCreatedRevisionName: "p-3",
    latestReadyRevisionName: "p-3",
    traffic: [
      { revisionName: "p-3", percent: 40 },
      { revisionName: "p-1", percent: 30 },
      { revisionName: "p-1", percent: 30 },
      { revisionName: "p-3", tag: "previous" },
    ],
  };
  assert.equal(servingRevision(serviceWith(status)), "p-1");
});

test("servingRevision() does not take a canary of half of the traffic for the stable revision", () => {
  const traffic = [{ revisionName: "p-1", percent: 50 }, { revisionName: "p-2", percent: 50 }];
  for (const [newest, stable] of [["p-1", "p-2"], ["p-2", "p-1"]] as const) {
    const status = { latestCreatedRevisionName: newest, traffic };
    assert.equal(servingRevision(serviceWith(status)), stable);
  }
});

test("servingRevision() distinguishes a service that never served from one whose traffic it cannot see", () => {
  assert.equal(servingRevision(serviceWith(undefined)), undefined);
  assert.equal(servingRevision(serviceWith({ latestCreatedRevisionName: "p-1" })), undefined);
  assert.throws(
    () => servingRevision(serviceWith({ latestReadyRevisionName: "p-1" })),
    /its status has no traffic$/,
  );
  assert.throws(
    () => servingRevision(serviceWith({ traffic: [{ percent: 100 }] })),
    /100 % go to an unnamed revision$/,
  );
});

test("previousRevision() returns the tagged revision while another has traffic", () => {
  const tagged = { revisionName: "p-1", tag: "previous" };
  const canary = [{ revisionName: "p-1", percent: 95 }, { revisionName: "p-2", percent: 5 }];
  assert.equal(previousRevision(serviceWith({ traffic: [tagged, ...canary] })), "p-1");
  assert.throws(
    () => previousRevision(serviceWith({ traffic: canary })),
    /Name one with --revision/,
  );
  assert.throws(
    () =>
      previousRevision(serviceWith({ traffic: [tagged, { revisionName: "p-1", percent: 100 }] })),
    /p-1 has the tag "previous" and all traffic already\. Name one with --revision/,
  );
});
