import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadError } from "@tintype/client/problem";
import { isRetryable } from "@tintype/client/retry";
import { SignedOut, tokenTroubleOf } from "./session.ts";

test("tokenTroubleOf() lets the client ask again an issuer that did not answer, or badly", () => {
  const troubles = [
    new TypeError("Failed to fetch"),
    new Error("no issuer responds", { cause: new TypeError("Failed to fetch") }),
    new Error("the issuer's status is 502"),
  ]
    .map(tokenTroubleOf)
    .filter((trouble) => trouble instanceof UploadError);
  assert.deepEqual(troubles.map(({ code }) => code), ["network", "network", "unavailable"]);
  assert.ok(troubles.every(({ problem }) => isRetryable(problem)));
});

test("tokenTroubleOf() leaves a person who must sign in again as they are", () => {
  const signedOut = new SignedOut("Cannot renew token");
  assert.equal(tokenTroubleOf(signedOut), signedOut);
});
