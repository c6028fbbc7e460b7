import assert from "node:assert/strict";
import { test } from "node:test";
import { calls, clientOf, IMAGE, json } from "./_testing.ts";

const line = (imageId: string) => ({ imageId, status: "ready", purgeAt: "", image: "" });

test("images.list() asks for a page, and images.all() for every one, short and empty ones too", async () => {
  const first = clientOf([json({ images: [] })]);
  assert.deepEqual(await first.client.images.list({ limit: 7, cursor: "a/b" }), { images: [] });
  assert.deepEqual(calls(first.sent), ["GET edge.test/v1/images?limit=7&cursor=a%2Fb"]);
  const { client, sent } = clientOf([
    json({ images: [line("3"), line("2")], cursor: "c1" }),
    json({ images: [], cursor: "c2" }),
    json({ images: [line("1")] }),
  ]);
  const ids: string[] = [];
  for await (const { imageId } of client.images.all()) ids.push(imageId);
  assert.deepEqual(ids, ["3", "2", "1"]);
  assert.deepEqual(calls(sent).slice(1), [
    "GET edge.test/v1/images?limit=50&cursor=c1",
    "GET edge.test/v1/images?limit=50&cursor=c2",
  ]);
});

test("calls accept the media types of pictures that the client was given", async () => {
  const [plain, modern] = [undefined, ["image/avif"]].map((imageTypes) =>
    clientOf([json(IMAGE)], { imageTypes })
  );
  await Promise.all([plain, modern].map((made) => made?.client.images.get("x")));
  const accepted = [plain, modern].map((made) => made?.sent[0]?.headers.get("accept"));
  assert.deepEqual(accepted, ["application/json", "application/json, image/avif"]);
});

test("images.get(), original(), erase() and erasure() ask by id", async () => {
  const { client, sent } = clientOf([
    json(IMAGE),
    json(IMAGE),
    json({ url: "https://storage.test/x", contentType: "image/png", bytes: 1 }),
    json({ imageId: "x", status: "accepted" }, { status: 202 }),
    json({ imageId: "x", status: "erased" }),
  ], { edge: "http://edge.test/" });
  assert.deepEqual(await client.images.get("x", { wait: 3 }), IMAGE);
  assert.deepEqual(await client.images.get("x"), IMAGE);
  assert.equal((await client.images.original("x")).bytes, 1);
  assert.equal((await client.images.erase("x")).status, "accepted");
  assert.equal((await client.images.erasure("x")).status, "erased");
  assert.deepEqual(calls(sent), [
    "GET edge.test/v1/images/x?wait=3",
    "GET edge.test/v1/images/x",
    "GET edge.test/v1/images/x/original",
    "DELETE edge.test/v1/images/x",
    "GET edge.test/v1/erasures/x",
  ]);
});
