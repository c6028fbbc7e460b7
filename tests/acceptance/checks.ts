/** What a deployed edge must do, one check a row. Checks share the images that the first of them upload, and run in order. */
import assert from "node:assert/strict";
import {
  erasureState,
  imagePage,
  imageState,
  limits,
  startedUpload,
  uploadResults,
} from "@tintype/edge/schemas";
import { makeImageId } from "@tintype/core/model/image_id";
import { noisePng, sha256 } from "../_pictures.ts";
import type { EdgeCaller, Sent } from "./edge_caller.ts";

/** What the checks are run with. */
interface Acceptance {
  readonly edge: EdgeCaller;
  /** Another person's token; what needs one is left out without it. */
  readonly other?: string | undefined;
  /** How long an image may take to become ready, in milliseconds. */
  readonly waitMs: number;
  /** How long an erasure may take to get its receipt; not waited for without it. */
  readonly receiptMs?: number | undefined;
}

/** A check, and what it is left out without. */
interface Check {
  readonly name: string;
  readonly needs?: "other" | "receiptMs";
  readonly run: (acceptance: Acceptance) => Promise<void>;
}

const PICTURE = noisePng(96, 64);
const PNG = { "content-type": "image/png" };
const PNG_OF = { contentType: "image/png", size: 1_000 };
const DAY_MS = 86_400_000;

/** A new id of a time. */
function idAt(ms: number): string {
  return makeImageId(ms, crypto.getRandomValues(new Uint8Array(10)));
}

const direct = idAt(Date.now());
const resumable = idAt(Date.now());

async function finalOf({ edge, waitMs }: Acceptance, imageId: string) {
  return await edge.until(`GET /v1/images/${imageId}?wait=10`, imageState, {
    isEnd: ({ status }) => status !== "processing",
    waitMs,
  });
}

/** Every call that is refused: what is wrong with it, the call, the refusal, and what it sends. */
const REFUSALS: readonly (readonly [string, string, string, Sent?])[] = [
  ["a path that is not there", "GET /v1/nothing", "404 not_found"],
  ["a method that the path lacks", "PUT /v1/images", "405 method_not_allowed"],
  ["no token", "GET /v1/images", "401 unauthenticated", { token: "" }],
  ["a token that is none", "GET /v1/images", "401 unauthenticated", { token: "a.b.c" }],
  ["an id that is none", "GET /v1/images/not-an-id", "400 invalid_request"],
  ["an id that never was", `GET /v1/images/${idAt(Date.now())}`, "404 not_found"],
  ["a limit over 50", "GET /v1/images?limit=51", "400 invalid_request"],
  ["a body that is not JSON", "POST /v1/uploads", "400 invalid_json", {
    headers: { "content-type": "application/json" },
    body: "{",
  }],
  ["an empty image", "POST /v1/uploads", "400 invalid_request", { json: { ...PNG_OF, size: 0 } }],
  ["a field of nobody", "POST /v1/uploads", "400 invalid_request", {
    json: { ...PNG_OF, tenant: "x" },
  }],
  ["an id of two days ago", "POST /v1/uploads", "400 invalid_request", {
    json: { ...PNG_OF, imageId: idAt(Date.now() - 2 * DAY_MS) },
  }],
  ["32 TiB", "POST /v1/uploads", "413 too_large", { json: { ...PNG_OF, size: 2 ** 45 } }],
  ["a text's type", "POST /v1/uploads", "415 unsupported_type", {
    json: { ...PNG_OF, contentType: "text/plain" },
  }],
  ["a text as a picture", "POST /v1/images", "422 not_an_image", {
    headers: PNG,
    body: "not a picture at all",
  }],
  ["other bytes than declared", `POST /v1/images?sha256=${"0".repeat(64)}`, "422 digest_mismatch", {
    headers: PNG,
    body: PICTURE,
  }],
];

/** All checks, in order. */
export const CHECKS: readonly Check[] = [
  {
    name: "it lives, and describes itself",
    run: async ({ edge }) => {
      for (const path of ["/healthz", "/openapi.json", "/problems/not_found"]) {
        assert.equal((await edge.call(`GET ${path}`, { token: "" })).status, 200, path);
      }
    },
  },
  {
    name: "limits say what may be sent",
    run: async ({ edge }) => {
      const { contentTypes, maxBytes, images } = await edge.read("GET /v1/limits", limits, 200);
      assert.ok(contentTypes.length > 0 && maxBytes > 0 && images.left > 0, "nothing may be sent");
    },
  },
  {
    name: "a picture in one request becomes ready, and its renditions are pictures",
    run: async (acceptance) => {
      const { edge } = acceptance;
      const sent = { headers: PNG, body: PICTURE };
      const response = await edge.call(
        `POST /v1/images?imageId=${direct}&sha256=${sha256(PICTURE)}`,
        sent,
      );
      assert.equal(response.status, 202, await response.text());
      const { status, reason, renditions } = await finalOf(acceptance, direct);
      assert.equal(status, "ready", reason);
      assert.ok(renditions.length > 0, "no rendition");
      for (const { name, url, contentType, bytes } of renditions) {
        const read = await fetch(url);
        assert.deepEqual([read.status, read.headers.get("content-type")], [200, contentType], name);
        assert.equal((await read.arrayBuffer()).byteLength, bytes, name);
        const unsigned = await fetch(url.replace(/\?.*$/, ""));
        assert.ok(
          [401, 403].includes(unsigned.status),
          `${name} without a signature: ${unsigned.status}`,
        );
      }
    },
  },
  {
    name: "a resumable upload in two parts becomes ready",
    run: async (acceptance) => {
      const { edge } = acceptance;
      const body = noisePng(512, 400);
      const json = {
        contentType: "image/png",
        size: body.length,
        imageId: resumable,
        ref: "acceptance",
      };
      const { upload } = await edge.read("POST /v1/uploads", startedUpload, 201, { json });
      const put = async (from: number, to: number) => {
        const range = `bytes ${from}-${to - 1}/${body.length}`;
        const headers = { ...upload.headers, "content-range": range };
        return await fetch(upload.url, {
          method: upload.method,
          headers,
          body: body.subarray(from, to),
        });
      };
      assert.equal((await put(0, upload.chunkMultiple)).status, 308);
      assert.ok((await put(upload.chunkMultiple, body.length)).ok);
      const { status, reason, ref } = await finalOf(acceptance, resumable);
      assert.deepEqual([status, ref], ["ready", "acceptance"], reason);
    },
  },
  {
    name: "the same id again is the same image, and with other bytes a conflict",
    run: async ({ edge }) => {
      const of = (size: number) => ({ json: { contentType: "image/png", size, imageId: direct } });
      await edge.read("POST /v1/uploads", imageState, 200, of(PICTURE.length));
      await edge.refused("POST /v1/uploads", "409 conflict", of(PICTURE.length + 1));
    },
  },
  {
    name: "a batch says of each upload what came of it",
    run: async ({ edge }) => {
      const good = { contentType: "image/png", size: PICTURE.length };
      const uploads = [{ ...good, imageId: direct }, { ...good, contentType: "text/plain" }];
      const { results } = await edge.read("POST /v1/uploads/batch", uploadResults, 200, {
        json: { uploads },
      });
      assert.deepEqual(results.map(({ status }) => status), [200, 415]);
    },
  },
  {
    name: "a picture that ends early is rejected with its reason",
    run: async (acceptance) => {
      const imageId = idAt(Date.now());
      const sent = { headers: PNG, body: PICTURE.subarray(0, 4_000) };
      await acceptance.edge.call(`POST /v1/images?imageId=${imageId}`, sent);
      const { status, reason, renditions } = await finalOf(acceptance, imageId);
      assert.deepEqual([status, renditions], ["rejected", []]);
      assert.ok(reason, "no reason");
    },
  },
  {
    name: "the list holds what was uploaded, the newest first",
    run: async ({ edge }) => {
      const { images } = await edge.read("GET /v1/images?limit=50", imagePage, 200);
      const ids = images.map(({ imageId }) => imageId);
      assert.ok(ids.includes(direct) && ids.includes(resumable), `not in ${ids.length} images`);
      const times = images.map(({ createdAt }) => createdAt);
      assert.deepEqual(times, times.toSorted().reverse());
    },
  },
  ...REFUSALS.map(([what, route, expected, sent]): Check => ({
    name: `refused, ${expected}: ${what}`,
    run: async ({ edge }) => void await edge.refused(route, expected, sent),
  })),
  {
    name: "somebody else's image is like one that never was, byte for byte",
    needs: "other",
    run: async ({ edge, other }) => {
      const theirs = await edge.refused(`GET /v1/images/${direct}`, "404 not_found", {
        token: other,
      });
      const none = `GET /v1/images/${idAt(Date.now())}`;
      assert.equal(await edge.refused(none, "404 not_found", { token: other }), theirs);
      const { images } = await edge.read("GET /v1/images?limit=50", imagePage, 200, {
        token: other,
      });
      assert.ok(!images.some(({ imageId }) => imageId === direct), "it is in another's list");
    },
  },
  {
    name: "an erased image is gone at once, and never comes back",
    run: async ({ edge }) => {
      const response = await edge.call(`DELETE /v1/images/${direct}`);
      assert.equal(response.status, 202, await response.text());
      await edge.refused(`GET /v1/images/${direct}`, "404 not_found");
      const json = { contentType: "image/png", size: PICTURE.length, imageId: direct };
      await edge.refused("POST /v1/uploads", "409 erased", { json });
    },
  },
  {
    name: "an erasure gets its receipt",
    needs: "receiptMs",
    run: async ({ edge, receiptMs: waitMs = 0 }) => {
      const isEnd = ({ status }: ReturnType<typeof erasureState.parse>) => status === "erased";
      await edge.until(`GET /v1/erasures/${direct}`, erasureState, { isEnd, waitMs });
    },
  },
];
