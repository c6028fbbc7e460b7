/** Requests of a caller with every right that are not of the edge's contract, and the problem that each is answered with. */
import { newImageId } from "@tintype/client/image_id";
import type { EdgeRequest } from "./_cloud.ts";
import { noisePng, sha256 } from "./_pictures.ts";

/** `status code` of the problem, and the call. */
type BadRequest = readonly [answer: string, call: readonly [path: string, request: EdgeRequest]];

/** The bad requests by what is wrong with them; one of them names a file, which no log may tell. */
export function badRequests(fileName: string): Readonly<Record<string, BadRequest>> {
  const png = noisePng(8, 8);
  const text = new TextEncoder().encode("Dear all, ".repeat(40));
  const post = (path: string, more: EdgeRequest) => [path, { method: "POST", ...more }] as const;
  const declare = (json: unknown) => post("/v1/uploads", { json });
  const asPng = { "content-type": "image/png" };
  const asJson = { "content-type": "application/json" };
  const image = { contentType: "image/png", size: 100 };
  return {
    "wrong JSON": ["400 invalid_json", post("/v1/uploads", { headers: asJson, body: "{size:" })],
    "no object": ["400 invalid_request", declare([])],
    "an unknown field": ["400 invalid_request", declare({ ...image, fileName })],
    "a field missing": ["400 invalid_request", declare({ size: 1 })],
    "size 0": ["400 invalid_request", declare({ ...image, size: 0 })],
    "a size as text": ["400 invalid_request", declare({ ...image, size: "100" })],
    "a digest that is none": ["400 invalid_request", declare({ ...image, sha256: "abc" })],
    "an id that is none": ["400 invalid_request", declare({ ...image, imageId: "1" })],
    "an id of next hour": [
      "400 invalid_request",
      declare({ ...image, imageId: newImageId(Date.now() + 3_600_000) }),
    ],
    "an unknown preset": ["400 invalid_request", declare({ ...image, preset: "poster" })],
    "oversize": ["413 too_large", declare({ ...image, size: 52_428_801 })],
    "another type": ["415 unsupported_type", declare({ ...image, contentType: "image/svg+xml" })],
    "no JSON type": ["415 unsupported_type", post("/v1/uploads", { body: "{}" })],
    "text as image": ["422 not_an_image", post("/v1/images", { headers: asPng, body: text })],
    "another image's type": [
      "422 not_an_image",
      post("/v1/images", { headers: { "content-type": "image/jpeg" }, body: png }),
    ],
    "an empty body": ["400 invalid_request", post("/v1/images", { headers: asPng, body: "" })],
    "no length": ["411 length_required", post("/v1/images", { headers: asPng, body: stream(png) })],
    "over 10 MiB": [
      "413 too_large",
      post("/v1/images", { headers: asPng, body: new Uint8Array(10 * 1024 * 1024 + 1) }),
    ],
    "another digest": [
      "422 digest_mismatch",
      post(`/v1/images?sha256=${sha256(text)}`, { headers: asPng, body: png }),
    ],
    "a form without a file": ["400 invalid_request", post("/v1/images", { body: form("note") })],
    "a malformed id": ["400 invalid_request", ["/v1/images/42", { method: "GET" }]],
    "an unknown parameter": ["400 invalid_request", ["/v1/images?page=2", { method: "GET" }]],
    "a wait too long": [
      "400 invalid_request",
      [`/v1/images/${newImageId()}?wait=21`, { method: "GET" }],
    ],
    "a cursor that is none": ["400 invalid_request", ["/v1/images?cursor=abc", { method: "GET" }]],
    "an unknown route": ["404 not_found", ["/v1/pictures", { method: "GET" }]],
    "a page that is not": ["404 not_found", ["/nothing", { method: "GET" }]],
  };
}

function stream(bytes: Uint8Array<ArrayBuffer>): ReadableStream {
  return new Blob([bytes]).stream();
}

function form(text: string): FormData {
  const body = new FormData();
  body.set("note", text);
  return body;
}
