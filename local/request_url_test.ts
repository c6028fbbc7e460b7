import assert from "node:assert/strict";
import { test } from "node:test";
import { requestUrl } from "./request_url.ts";

test("requestUrl() reads path and query as they were sent", () => {
  const { pathname, searchParams } = requestUrl({ url: "/b/o%2Fp?page=2" });
  assert.equal(pathname, "/b/o%2Fp");
  assert.equal(searchParams.get("page"), "2");
});

for (const url of ["//", "//[", "*", "/%zz", "http://[::1", "http://host:99999/", "/\\"]) {
  test(`requestUrl() does not throw for ${url}`, () => {
    assert.ok(requestUrl({ url }).pathname.startsWith("/"));
  });
}
