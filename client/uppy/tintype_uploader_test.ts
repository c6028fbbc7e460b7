import assert from "node:assert/strict";
import { test } from "node:test";
import { Uppy } from "@uppy/core";
import { UploadError } from "../problem.ts";
import { photos, testClient, untilStill } from "../testing/queue_fixture.ts";
import { type TintypeBody, TintypeUploader } from "./tintype_uploader.ts";

test("TintypeUploader sends Uppy's files by the queue, and shows there what becomes of them", async () => {
  const { client, uploads } = testClient();
  const uppy = new Uppy<Record<string, never>, TintypeBody>().use(TintypeUploader, { client });
  assert.equal(uppy.getState().capabilities.resumableUploads, true);
  const ids = photos(6).map((file) =>
    uppy.addFile({ name: file.name, type: file.type, data: file })
  );
  const [first = "", second = "", third = "", fourth = "", , sixth = ""] = ids;
  uppy.setFileState(sixth, { isPaused: true });
  const events: unknown[] = [];
  uppy.on("upload-progress", (file, { bytesUploaded }) => events.push([file?.id, bytesUploaded]));
  uppy.on("upload-success", (file, { body }) => events.push([file?.id, body?.imageId]));
  uppy.on("upload-error", (file, { message }) => events.push([file?.id, message]));
  const uploading = uppy.upload();
  while (uploads.length < 4) await untilStill();
  await untilStill();
  assert.equal(uploads.length, 4, "four at a time");
  events.length = 0;
  uploads[0]?.tell({ sentBytes: 3 });
  uploads[0]?.end("a");
  uploads[1]?.fail(new UploadError({ status: 413, code: "too_large", detail: "too large" }));
  await untilStill();
  const ends = [[first, 3], [first, 5], [first, "a"], [second, "too large"]];
  for (const end of ends) assert.ok(events.some((each) => String(each) === String(end)), `${end}`);
  uppy.pauseResume(third);
  uppy.removeFile(fourth);
  await untilStill();
  assert.deepEqual(uploads.map(({ file }) => file.name), [1, 2, 3, 4, 5].map((n) => `${n}.jpg`));
  assert.deepEqual([uploads[2]?.did, uploads[3]?.did], [["pause"], ["cancel"]]);
  uppy.pauseResume(third);
  uppy.pauseAll();
  uppy.resumeAll();
  await untilStill();
  for (const upload of uploads) upload.end("b");
  await untilStill();
  for (const upload of uploads) upload.end("b");
  const { successful = [], failed = [] } = await uploading ?? {};
  assert.deepEqual([successful.length, failed], [5, []], "what failed is resumed with all");
  uppy.destroy();
  assert.equal(uppy.getState().capabilities.resumableUploads, false);
});
