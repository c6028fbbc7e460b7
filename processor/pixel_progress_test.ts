import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rendered, RenderRequest } from "@tintype/core/ports/pixel_engine";
import { PixelProgress } from "./pixel_progress.ts";

test("PixelProgress counts a delivery from its pixels until its end, whatever ends it", async () => {
  const progress = new PixelProgress((tenant) => tenant === "acme" ? 2 : 0);
  const pixels = { render: async () => ({}) as Rendered };
  const request = {} as RenderRequest;
  const delivery = (tenant: string, end: () => Promise<void>) =>
    progress.follow(pixels, async ({ render }) => {
      assert.equal(progress.busyOf("beta"), 0);
      await render(request, { tenant });
      await end();
    });
  await delivery("acme", async () => assert.equal(progress.busyOf("acme"), 3));
  await delivery("beta", async () => assert.equal(progress.busyOf("beta"), 1));
  await assert.rejects(delivery("acme", () => Promise.reject(new Error("storing failed"))));
  assert.deepEqual([progress.busyOf("acme"), progress.busyOf("beta")], [2, 0]);
});
