import assert from "node:assert/strict";
import { test } from "node:test";
import { readRelated, writeRelated } from "./multipart_related.ts";

const TYPE = 'multipart/related; boundary="b0"';
const MEDIA = "binary\r\n--b0x? no\r\n--b\r\n";
const BODY = "--b0\r\nContent-Type: application/json\r\n\r\n" + '{"name":"n"}' +
  `\r\n--b0\r\nContent-Type: image/png\r\n\r\n${MEDIA.replace("--b0x", "--bx")}\r\n--b0--`;

async function* inChunks(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) {
    yield new TextEncoder().encode(text.slice(at, at + size));
  }
}

async function* inOrder(parts: readonly Uint8Array[]) {
  yield* parts;
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text;
}

for (const [lines, lineEnd] of [["CRLF", "\r\n"], ["bare LF", "\n"]] as const) {
  test(`readRelated() reads both parts of ${lines} however the body is cut`, async () => {
    const body = BODY.replaceAll("\r\n", lineEnd);
    for (let size = 1; size <= body.length; size++) {
      const { resource, mediaType, media } = await readRelated(inChunks(body, size), TYPE);
      assert.equal(resource, '{"name":"n"}');
      assert.equal(mediaType, "image/png");
      const expected = MEDIA.replace("--b0x", "--bx").replaceAll("\r\n", lineEnd);
      assert.equal(await textOf(media), expected, `chunks of ${size}`);
    }
  });
}

test("readRelated() refuses a body without its closing boundary", async () => {
  const { media } = await readRelated(inChunks(BODY.slice(0, -8), 10), TYPE);
  await assert.rejects(textOf(media), /closing boundary/);
});

test("readRelated() refuses a body of one part and a type without a boundary", async () => {
  await assert.rejects(readRelated(inChunks("--b0\r\n\r\n{}", 10), TYPE), /part is missing/);
  await assert.rejects(readRelated(inChunks(BODY, 10), "multipart/related"), /boundary is missing/);
});

test("readRelated() takes a megabyte before the media, and reads little more of a larger one", async () => {
  const mebibyte = 1024 * 1024;
  for (const [size, isTaken] of [[mebibyte, true], [mebibyte + 1, false]] as const) {
    const body = BODY.replace('{"name":"n"}', "x".repeat(size));
    const reading = readRelated(inChunks(body, body.length), TYPE);
    if (isTaken) assert.equal((await reading).resource.length, size);
    else await assert.rejects(reading, /part is missing/);
  }
  let read = 0;
  const endless = async function* () {
    for await (const chunk of inChunks(BODY.replace("n", "x".repeat(4 * mebibyte)), 65_536)) {
      read += chunk.length;
      yield chunk;
    }
  };
  await assert.rejects(readRelated(endless(), TYPE), /part is missing/);
  assert.ok(read < mebibyte + 200_000, `${read} bytes`);
});

test("writeRelated() writes what readRelated() reads, the media uncopied", async () => {
  const media = new TextEncoder().encode(MEDIA);
  const { contentType, parts } = writeRelated({ name: "ü" }, media, "image/png");
  assert.equal(parts[1], media);
  const read = await readRelated(inOrder(parts), contentType);
  assert.equal(read.resource, '{"name":"ü"}');
  assert.equal(read.mediaType, "image/png");
  assert.equal(await textOf(read.media), MEDIA);
});
