import assert from "node:assert/strict";
import { test } from "node:test";
import { readListing } from "./xml_listing.ts";

test("readListing() reads names, sizes, times, prefixes and the next page's token", () => {
  const page = readListing(
    `<?xml version='1.0'?><ListBucketResult xmlns="x"><Name>b</Name><Prefix>p</Prefix>
    <NextContinuationToken>to&amp;ken</NextContinuationToken><IsTruncated>true</IsTruncated>
    <Contents><Key>a&lt;b&gt;&quot;&apos;&amp;#60;&#x1F600;&#98;</Key><Generation>17</Generation><LastModified>2026-01-02T03:04:05.678Z</LastModified><Size>9</Size></Contents>
    <CommonPrefixes><Prefix>p/q/</Prefix></CommonPrefixes></ListBucketResult>`,
  );
  assert.equal(page.nextPageToken, "to&ken");
  assert.deepEqual(page.prefixes, ["p/q/"]);
  const [object] = page.objects;
  assert.deepEqual([object?.name, object?.generation, object?.size], [
    `a<b>"'&#60;\u{1f600}b`,
    "17",
    9,
  ]);
  assert.equal(object?.createdMs, Date.parse("2026-01-02T03:04:05.678Z"));
  assert.equal(readListing("<ListBucketResult></ListBucketResult>").nextPageToken, undefined);
  assert.throws(() => readListing("<html></html>"), { name: "StorageError", status: 200 });
});
